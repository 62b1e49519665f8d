// How far this host's wall clock may be trusted.
#pragma once

#include <chrono>
#include <optional>

namespace sockbox::net {

struct ClockQuality {
    bool synchronized = false;         // the system keeps it to a source such as NTP or PTP
    std::chrono::nanoseconds bound{};  // how wrong the system takes it to be at most
    // By how much TAI, which has no leap seconds, is ahead of it, where the system knows.
    std::optional<std::chrono::seconds> tai_ahead{};
};

// As the system tells (Linux: adjtimex(2)); elsewhere not synchronized, with a bound of a day.
ClockQuality clock_quality() noexcept;

}  // namespace sockbox::net
