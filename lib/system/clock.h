// Time: the monotonic clock, deadlines on it, waiting precisely, and how far the wall clock can be
// trusted.
#pragma once

#include <algorithm>
#include <chrono>
#include <climits>
#include <optional>
#include <span>

#include "system/platform.h"

namespace sockbox::net {

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

// A deadline that never comes.
inline constexpr Deadline no_deadline = Deadline::max();

// The moment that lies `timeout` ahead; never, when it lies beyond what the clock can say.
inline Deadline deadline_in(std::chrono::nanoseconds timeout) {
    const Deadline now = Clock::now();
    return timeout > no_deadline - now ? no_deadline : now + timeout;
}

// What poll(2) takes to wait until `deadline`: rounded up, so that it does not wake before, and
// -1 for no_deadline.
inline int poll_timeout(Deadline deadline) {
    if (deadline == no_deadline)
        return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, INT_MAX));
}

struct ClockQuality {
    bool synchronized = false;         // the system keeps it to a source such as NTP or PTP
    std::chrono::nanoseconds bound{};  // how wrong the system takes it to be at most
    // By how much TAI, which has no leap seconds, is ahead of it, where the system knows.
    std::optional<std::chrono::seconds> tai_ahead{};
};

// As the system tells (Linux: adjtimex(2)); elsewhere not synchronized, with a bound of a day.
ClockQuality clock_quality() noexcept;

// poll(2) with a timeout as fine as the system can (Linux), else rounded up to milliseconds.
// Returns the number of ready entries, or -1; a timeout below zero waits without bound.
int poll_precisely(std::span<PollEntry> entries, std::chrono::nanoseconds timeout) noexcept;

// Makes this thread's waits end on time: Linux else adds up to 50 us to save power.
void keep_time() noexcept;

}  // namespace sockbox::net
