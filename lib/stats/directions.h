// Jitter (RFC 3550), and the results of each direction from a peer that timestamps datagrams
// (STAMP, RFC 8762).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "stats/ecn_counts.h"
#include "stats/summary.h"

namespace sockbox::stats {

// RFC 3550, section 6.4.1: a running average of the absolute difference between consecutive transit
// times, in which each new difference weighs 1/16. Record transit times in order of arrival. They
// may be round trips, or one-way delays between unsynchronized clocks: a constant offset cancels
// out. Not synchronized.
class Jitter {
  public:
    // Records the next transit time.
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

// One direction of the path.
struct Way {
    std::optional<std::uint64_t> lost;  // nullopt if any were lost and the peer keeps no count
    TimeSpread delay;  // one-way; negative if the clocks disagree by more than the delay
    Histogram delays{Detail::compact};  // the distribution of `delay`
    Jitter variation;                   // independent of the offset between the clocks

    // Adds a delay, or the results of another thread.
    void record(std::chrono::nanoseconds time);
    void merge(const Way& other);
};

// What a reflector reports in the extensions of its replies (RFC 8972); the latest of each kind.
struct ReflectorReport {
    bool was_asked = false;   // whether packets had extensions
    std::string seen_from{};  // the address and port from which packets arrived; empty: unknown
    // As numbered in RFC 8972, section 5.
    std::optional<std::uint8_t> clock_source{};
    std::optional<std::uint8_t> arrival_method{};    // how times of arrival were taken
    std::optional<std::uint8_t> departure_method{};  // how times of departure were taken
    std::optional<std::uint32_t> received{};
    std::optional<std::uint32_t> sent{};
    // How much later replies left than the times in them state.
    TimeSpread left_later{};
    std::uint64_t unverified = 0;  // replies whose extensions are not protected, or were changed

    // Adds the results of another thread.
    void merge(const ReflectorReport& other);
};

// Both directions of a run, and what the peer reported about itself.
struct Directions {
    Way forward;            // from here to the peer
    Way backward;           // from the peer to here
    TimeSpread processing;  // at the peer, from arrival to departure
    // Bound on the error of `delay`: both ends' estimates added.
    std::chrono::nanoseconds clock_error{};
    bool synchronized = false;      // both clocks are synchronized to an external source
    std::uint64_t implausible = 0;  // impossible delays, even allowing for clock_error
    // Lengths in bytes of replies that were not as long as the packets sent.
    Spread other_lengths;
    // DSCP (0 to 63) and ECN (0 to 3) of the datagrams as they arrived at the peer, and of the
    // replies as they arrived here.
    std::optional<std::uint8_t> dscp_there;
    std::optional<std::uint8_t> ecn_there;
    std::optional<std::uint8_t> dscp_back;
    std::optional<std::uint8_t> ecn_back;
    EcnCounts ecn_counts_there;  // of datagrams whose replies came
    ReflectorReport reflector{};

    // Adds the results of another thread.
    void merge(const Directions& other);
};

}  // namespace sockbox::stats
