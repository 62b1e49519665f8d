// Interarrival jitter as RTP defines it (RFC 3550).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace sockbox::stats {

// RFC 3550, section 6.4.1: a running average of the absolute difference between consecutive transit
// times, in which each new difference weighs 1/16. Record transit times in order of arrival. They
// may be round trips, or one-way delays between unsynchronized clocks: a constant offset cancels
// out. Not synchronized.
class Jitter {
  public:
    void record(std::chrono::nanoseconds transit) noexcept;

    // nullopt before the second transit time.
    std::optional<std::chrono::nanoseconds> value() const noexcept;
    // The arithmetic mean of the absolute differences (IP packet delay variation of RFC 3393,
    // without its sign); nullopt before the second transit time.
    std::optional<std::chrono::nanoseconds> mean_variation() const noexcept;

  private:
    std::optional<std::chrono::nanoseconds> previous_;
    std::uint64_t differences_ = 0;
    double jitter_ns_ = 0;
    double sum_ns_ = 0;
};

}  // namespace sockbox::stats
