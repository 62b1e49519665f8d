// Drawing and erasing the progress line, and interim reports on a schedule or on request.
#include "tools/front/progress.h"

#include <algorithm>

#include "net/signals.h"
#include "system/platform.h"
#include "system/thread.h"
#include "text/units.h"
#include "tools/front/terminal.h"

namespace sockbox::tools {
namespace {

using namespace std::chrono_literals;

constexpr auto long_work = 2s;
constexpr auto between = 500ms;

}  // namespace

ProgressLine::ProgressLine(Output& err, bool wanted)
    : err_(err),
      due_(wanted && err.is_terminal() ? net::deadline_in(long_work) : net::no_deadline) {}

void ProgressLine::draw(const std::vector<std::string>& pieces) {
    due_ = net::deadline_in(between);
    if (!is_in_foreground(err_.file())) {
        drawn_ = 0;  // by now the shell has written over it
        return;
    }
    const std::size_t room =
        net::platform::terminal_columns(err_.file()) - 1;  // the last column would wrap
    std::string line;
    for (const std::string& piece : pieces) {
        const std::string next = line.empty() ? piece : "  " + piece;
        if (!piece.empty() && line.size() + next.size() <= room)
            line += next;
    }
    const std::size_t blanks = drawn_ > line.size() ? drawn_ - line.size() : 0;
    err_.print("\r{}{}", line, std::string(std::min(blanks, room - line.size()), ' '));
    drawn_ = line.size();
}

void ProgressLine::erase() {
    if (drawn_ > 0 && is_in_foreground(err_.file()))
        err_.print(
            "\r{}\r",
            std::string(std::min(drawn_, net::platform::terminal_columns(err_.file()) - 1), ' '));
    drawn_ = 0;
}

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
    // If no thread can be started, the work goes on without a line.
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
