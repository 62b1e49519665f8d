// Clocks and waiting on Linux: ppoll(2), timer slack, and clock discipline (adjtimex(2)).
#include "system/clock.h"

#include <sys/prctl.h>
#include <sys/timex.h>

namespace sockbox::net {

int poll_precisely(std::span<PollEntry> entries, std::chrono::nanoseconds timeout) noexcept {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(timeout);
    const timespec limit{static_cast<time_t>(seconds.count()),
                         static_cast<long>((timeout - seconds).count())};
    return ::ppoll(entries.data(), entries.size(), timeout.count() < 0 ? nullptr : &limit, nullptr);
}

void disable_timer_slack() noexcept {
    ::prctl(PR_SET_TIMERSLACK, 1);
}

ClockQuality clock_quality() noexcept {
    timex discipline{};
    if (::adjtimex(&discipline) < 0)
        return {false, std::chrono::hours(24)};
    ClockQuality quality{(discipline.status & STA_UNSYNC) == 0,
                         std::chrono::microseconds(discipline.maxerror)};
    if (discipline.tai != 0)  // 0 until a time daemon sets it
        quality.tai_ahead = std::chrono::seconds(discipline.tai);
    return quality;
}

}  // namespace sockbox::net
