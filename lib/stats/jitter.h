// Interarrival jitter as RTP measures it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace sockbox::stats {

// RFC 3550, section 6.4.1: a running average of how much one transit time differs from the one
// before, each difference weighing a sixteenth. Here a transit is a round trip, in the order of
// arrival.
class Jitter {
  public:
    void record(std::chrono::nanoseconds transit) noexcept;

    // None below two transits.
    std::optional<std::chrono::nanoseconds> value() const noexcept;
    // The plain mean of the differences (RFC 3393's IP delay variation, unsigned).
    std::optional<std::chrono::nanoseconds> mean_variation() const noexcept;

  private:
    std::optional<std::chrono::nanoseconds> previous_;
    std::uint64_t differences_ = 0;
    double jitter_ns_ = 0;
    double sum_ns_ = 0;
};

}  // namespace sockbox::stats
