// The monotonic clock and deadlines, precise waiting, and the accuracy of the wall clock.
#pragma once

#include <algorithm>
#include <chrono>
#include <climits>
#include <optional>
#include <span>

#include "system/platform.h"

namespace sockbox::net {

// The monotonic clock, and a point in time by which something must be done.
using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

// A deadline that never comes.
inline constexpr Deadline no_deadline = Deadline::max();

// The deadline `timeout` after `from`, or from now; no_deadline if it exceeds what the clock can
// represent.
inline Deadline deadline_after(Deadline from, std::chrono::nanoseconds timeout) {
    return timeout > no_deadline - from ? no_deadline : from + timeout;
}
inline Deadline deadline_in(std::chrono::nanoseconds timeout) {
    return deadline_after(Clock::now(), timeout);
}

// The timeout in milliseconds for poll(2) to wait until `deadline`: rounded up, so that it does not
// return early; -1 for no_deadline, 0 if it has passed.
inline int poll_timeout(Deadline deadline) {
    if (deadline == no_deadline)
        return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, INT_MAX));
}

// How far the wall clock can be trusted.
struct ClockQuality {
    bool synchronized = false;         // to a source such as NTP or PTP
    std::chrono::nanoseconds bound{};  // the system's estimate of the maximum error
    // By how much TAI, which has no leap seconds, is ahead of UTC; nullopt if not known.
    std::optional<std::chrono::seconds> tai_ahead{};
};

// The state of the wall clock according to the kernel (adjtimex(2)); on Windows always not
// synchronized, with a bound of a day.
ClockQuality clock_quality() noexcept;

// poll(2) with a timeout in nanoseconds (ppoll(2)); on Windows rounded up to milliseconds. Returns
// the number of ready entries, or -1 on failure. A negative timeout waits indefinitely.
int poll_precisely(std::span<PollEntry> entries, std::chrono::nanoseconds timeout) noexcept;

// Makes timed waits of the calling thread end on time. Otherwise Linux may delay them by up to 50
// us to save power (timer slack: PR_SET_TIMERSLACK in prctl(2)). Does nothing on Windows.
void disable_timer_slack() noexcept;

}  // namespace sockbox::net
