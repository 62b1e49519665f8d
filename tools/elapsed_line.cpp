// A thread that draws a line now and then.
#include "tools/elapsed_line.h"

#include "net/thread.h"
#include "net/units.h"

namespace sockbox::tools {

ElapsedLine::ElapsedLine(Output& err, bool wanted, std::string what)
    : ElapsedLine(err, wanted, [what = std::move(what)](std::chrono::nanoseconds elapsed) {
          return std::vector{what, net::format_approximately(elapsed)};
      }) {}

ElapsedLine::ElapsedLine(Output& err, bool wanted, Pieces pieces)
    : line_(err, wanted), pieces_(std::move(pieces)) {
    if (line_.due() == net::no_deadline)
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
    while (!ended_.wait_until(lock, line_.due(), [this] { return is_over_; }))
        line_.draw(pieces_(net::Clock::now() - begin_));
}

void ElapsedLine::aside(const std::function<void()>& write) {
    const std::lock_guard lock(mutex_);
    line_.erase();
    write();
}

}  // namespace sockbox::tools
