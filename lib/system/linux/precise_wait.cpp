// ppoll(2) and the timer slack.
#include "system/precise_wait.h"

#include <sys/prctl.h>

namespace sockbox::net {

int poll_precisely(std::span<PollEntry> entries, std::chrono::nanoseconds timeout) noexcept {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(timeout);
    const timespec limit{static_cast<time_t>(seconds.count()),
                         static_cast<long>((timeout - seconds).count())};
    return ::ppoll(entries.data(), entries.size(), timeout.count() < 0 ? nullptr : &limit, nullptr);
}

void keep_time() noexcept {
    ::prctl(PR_SET_TIMERSLACK, 1);
}

}  // namespace sockbox::net
