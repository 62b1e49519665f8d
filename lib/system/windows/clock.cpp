// Clocks and waiting on Windows: WSAPoll takes milliseconds, and only the time service knows the
// state of the clock.
#include "system/clock.h"

#include <algorithm>
#include <limits>

namespace sockbox::net {

int poll_precisely(std::span<PollEntry> entries, std::chrono::nanoseconds timeout) noexcept {
    if (timeout.count() < 0)
        return platform::poll(entries, -1);
    const long long limit = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
    constexpr long long longest = std::numeric_limits<int>::max();
    return platform::poll(entries, static_cast<int>(std::min(limit, longest)));
}

void disable_timer_slack() noexcept {}

ClockQuality clock_quality() noexcept {
    return {false, std::chrono::hours(24)};
}

}  // namespace sockbox::net
