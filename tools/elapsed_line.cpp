// A thread that draws a line now and then.
#include "tools/elapsed_line.h"

#include <algorithm>

#include "net/interim_requests.h"
#include "net/thread.h"
#include "net/units.h"

namespace sockbox::tools {

ElapsedLine::ElapsedLine(Output& err, bool wanted, std::string what, InterimReports reports)
    : ElapsedLine(
          err, wanted,
          [what = std::move(what)](std::chrono::nanoseconds elapsed) {
              return std::vector{what, net::format_approximately(elapsed)};
          },
          std::move(reports)) {}

ElapsedLine::ElapsedLine(Output& err, bool wanted, Pieces pieces, InterimReports reports)
    : line_(err, wanted),
      pieces_(std::move(pieces)),
      reports_(std::move(reports)),
      next_report_(reports_.between ? net::deadline_in(*reports_.between) : net::no_deadline) {
    if (!drawn_ && !reports_.tell)
        return;
    // Without one the work is done all the same.
    if (auto started = net::start_thread([this] { run(); }))
        thread_ = std::move(*started);
}

ElapsedLine::~ElapsedLine() {
    if (!thread_.joinable())
        return;
    {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
    }
    ended_.notify_all();
    thread_.join();
}

void ElapsedLine::run() {
    std::unique_lock lock(mutex_);
    while (!ended_.wait_until(lock, next_look(), [this] { return is_over_; })) {
        if (reports_.tell)
            report_if_due();
        if (net::Clock::now() >= line_.due())
            line_.draw(pieces_(net::Clock::now() - begin_));
    }
}

net::Deadline ElapsedLine::next_look() const {
    constexpr std::chrono::milliseconds longest_unasked{100};
    const auto look = reports_.tell ? net::deadline_in(longest_unasked) : net::no_deadline;
    return std::min({look, next_report_, line_.due()});
}

void ElapsedLine::report_if_due() {
    const auto now = net::Clock::now();
    const bool is_time = now >= next_report_;
    if (is_time)
        next_report_ = now + *reports_.between;
    if (!net::InterimRequests::take() && !is_time)
        return;
    line_.erase();
    reports_.tell();
}

void ElapsedLine::aside(const std::function<void()>& write) {
    const std::lock_guard lock(mutex_);
    line_.erase();
    write();
}

}  // namespace sockbox::tools
