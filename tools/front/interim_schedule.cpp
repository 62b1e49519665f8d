// Requests and times of interim reports.
#include "tools/front/interim_schedule.h"

#include <algorithm>

#include "net/signals.h"

namespace sockbox::tools {

net::Deadline InterimSchedule::next_look() const {
    constexpr std::chrono::milliseconds longest_unasked{100};
    return std::min(net::deadline_in(longest_unasked), next_);
}

bool InterimSchedule::is_due() {
    const auto now = net::Clock::now();
    const bool is_time = now >= next_;
    if (is_time)
        next_ += *between_ * ((now - next_) / *between_ + 1);
    return net::InterimRequests::take() || is_time;
}

}  // namespace sockbox::tools
