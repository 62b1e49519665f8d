// What a measurement tells of each way apart, where the other end takes times and counts, too.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "stats/jitter.h"
#include "stats/time_spread.h"

namespace sockbox::stats {

struct Way {
    std::optional<std::uint64_t> lost;  // none where some were, and the other end does not count
    TimeSpread delay;                   // between two clocks: it may be negative
    Jitter variation;                   // which does not depend on how far the clocks are apart

    void record(std::chrono::nanoseconds time) noexcept;
    void merge(const Way& other);
};

struct Directions {
    Way forward;
    Way backward;
    TimeSpread processing;                   // between the other end's arrival and sending
    std::chrono::nanoseconds clock_error{};  // by which delays may be wrong, as both ends tell
    bool synchronized = false;               // both clocks are kept to a source
    std::uint64_t implausible = 0;           // delays that cannot be, even with that error
    std::optional<std::uint8_t> dscp_there;  // with which the datagrams arrived at the other end

    void merge(const Directions& other);
};

}  // namespace sockbox::stats
