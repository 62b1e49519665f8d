// A thread that draws a line now and then.
#include "tools/front/elapsed_line.h"

#include <algorithm>

#include "system/thread.h"
#include "text/units.h"

namespace sockbox::tools {

ElapsedLine::ElapsedLine(Output& err, bool wanted, std::string what, InterimReports reports)
    : ElapsedLine(
          err, wanted,
          [what = std::move(what)](std::chrono::nanoseconds elapsed) {
              return std::vector{what, net::format_approximately(elapsed)};
          },
          std::move(reports)) {}

ElapsedLine::ElapsedLine(Output& err, bool wanted, Pieces pieces, InterimReports reports)
    : line_(err, wanted), pieces_(std::move(pieces)), reports_(std::move(reports)) {
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
        if (reports_.tell && schedule_.is_due()) {
            line_.erase();
            reports_.tell();
        }
        if (net::Clock::now() >= line_.due())
            line_.draw(pieces_(net::Clock::now() - begin_));
    }
}

net::Deadline ElapsedLine::next_look() const {
    return reports_.tell ? std::min(schedule_.next_look(), line_.due()) : line_.due();
}

void ElapsedLine::aside(const std::function<void()>& write) {
    const std::lock_guard lock(mutex_);
    line_.erase();
    write();
}

}  // namespace sockbox::tools
