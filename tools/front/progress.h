// Progress lines on a terminal, and the schedule of interim reports.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "system/clock.h"
#include "tools/front/io.h"

namespace sockbox::tools {

// A line on standard error that is redrawn in place, every half second after the first two seconds.
// Draws nothing if standard error is not a terminal, or while this process is in its background,
// where it would paint over the shell or be stopped. May be used from one thread at a time.
class ProgressLine {
  public:
    // If `wanted` is false, the line is never drawn.
    ProgressLine(Output& err, bool wanted);
    ~ProgressLine() { erase(); }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    // When draw() should be called next; net::no_deadline if the line is never drawn.
    net::Deadline due() const noexcept { return due_; }

    // Draws the pieces, the most important first; pieces that do not fit on the line are left out.
    // May be called before due(), but not if due() is net::no_deadline.
    void draw(const std::vector<std::string>& pieces);

    // Erases the line. Call it before anything else is written to the terminal.
    void erase();

  private:
    Output& err_;
    net::Deadline due_;
    std::size_t drawn_ = 0;  // columns in use
};

// Determines when interim reports are due: at intervals from its construction, and on the user's
// request. Requests need a net::InterimRequests object, which the caller owns.
class InterimSchedule {
  public:
    // `between` is the interval, which must be positive; if it is empty, reports are made on
    // request only.
    explicit InterimSchedule(const std::optional<std::chrono::nanoseconds>& between)
        : between_(between), next_(between ? net::deadline_in(*between) : net::no_deadline) {}

    // The latest time for the next call of is_due(); at most 100 ms from now, so that requests are
    // answered promptly.
    net::Deadline next_look() const;

    // Whether a report is due. Returns true once for each request or interval; intervals that were
    // missed count as one.
    bool is_due();

  private:
    std::optional<std::chrono::nanoseconds> between_;
    net::Deadline next_;
};

// Interim reports during an ElapsedLine. Requests need a net::InterimRequests object, which the
// caller owns.
struct InterimReports {
    std::function<void()> tell;  // prints a report, on the line's thread; empty: no reports
    std::optional<std::chrono::nanoseconds> between;  // the interval; empty: only on request
};

// A progress line drawn by its own thread, for work that blocks. No thread is started unless the
// line can be drawn or reports can be made. During its lifetime, all other output to the terminal
// must go through aside().
class ElapsedLine {
  public:
    // Returns the pieces for ProgressLine::draw(). Called on the line's thread, but never during
    // aside().
    using Pieces = std::function<std::vector<std::string>(std::chrono::nanoseconds elapsed)>;

    // `wanted` is as in ProgressLine.
    ElapsedLine(Output& err, bool wanted, Pieces pieces, InterimReports reports = {});
    // Draws `what` and the elapsed time.
    ElapsedLine(Output& err, bool wanted, std::string what, InterimReports reports = {});
    ~ElapsedLine();
    ElapsedLine(const ElapsedLine&) = delete;
    ElapsedLine& operator=(const ElapsedLine&) = delete;

    // Whether the line can ever be drawn: it is wanted, and standard error is a terminal.
    bool is_drawn() const noexcept { return drawn_; }

    // Erases the line and calls `write`, on the calling thread; the line reappears at its next due
    // time. May be called from any thread.
    void aside(const std::function<void()>& write);

  private:
    void run();
    net::Deadline next_look() const;

    ProgressLine line_;
    const bool drawn_ = line_.due() != net::no_deadline;
    const Pieces pieces_;
    const InterimReports reports_;
    InterimSchedule schedule_{reports_.between};
    const net::Clock::time_point begin_ = net::Clock::now();
    std::mutex mutex_;
    std::condition_variable ended_;
    bool is_over_ = false;
    std::thread thread_;
};

}  // namespace sockbox::tools
