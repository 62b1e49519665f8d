// Time for intervals and timeouts: the monotonic clock, and deadlines on it.
#pragma once

#include <algorithm>
#include <chrono>
#include <climits>

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

}  // namespace sockbox::net
