// Live lines on a terminal, and when a run reports how far it is.
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

// Drawn on standard error where that is a terminal, again and again in the same place, from the
// third second on. Draws nothing elsewhere. Used by one thread.
class ProgressLine {
  public:
    // `wanted` is false where something else on the terminal shows already how it goes on.
    ProgressLine(Output& err, bool wanted);
    ~ProgressLine() { erase(); }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    // When it should be drawn next; never where it is not drawn at all.
    net::Deadline due() const noexcept { return due_; }

    // The pieces, the most important first; those that the terminal has no room for are left out.
    void draw(const std::vector<std::string>& pieces);

    // Before anything else is written to the terminal, and at the end.
    void erase();

  private:
    Output& err_;
    net::Deadline due_;
    std::size_t drawn_ = 0;  // columns that are not blank
};

// Begins when it is made. Requests come by net::InterimRequests, which the caller has.
class InterimSchedule {
  public:
    // `between`: a report as often without a request; none: only on request.
    explicit InterimSchedule(const std::optional<std::chrono::nanoseconds>& between)
        : between_(between), next_(between ? net::deadline_in(*between) : net::no_deadline) {}

    // When is_due() is to be asked again at the latest, so that no request waits long.
    net::Deadline next_look() const;

    // Takes the request, or the time that has come; those that were missed are not made up for.
    bool is_due();

  private:
    std::optional<std::chrono::nanoseconds> between_;
    net::Deadline next_;
};

// What a user may ask for meanwhile, by net::InterimRequests, which the caller has.
struct InterimReports {
    std::function<void()> tell;  // called by the line's thread; empty: requests stay unanswered
    std::optional<std::chrono::nanoseconds> between;  // told as often without a request
};

// Draws by a thread of its own, which there is only where the line is drawn or reports are told.
// What else is written to the terminal while it lives is written aside().
class ElapsedLine {
  public:
    // What to draw after so long, as ProgressLine takes it; never called during an aside().
    using Pieces = std::function<std::vector<std::string>(std::chrono::nanoseconds elapsed)>;

    // `wanted` as ProgressLine takes it.
    ElapsedLine(Output& err, bool wanted, Pieces pieces, InterimReports reports = {});
    // Of work that tells nothing until it is done: what it is, and for how long it goes on.
    ElapsedLine(Output& err, bool wanted, std::string what, InterimReports reports = {});
    ~ElapsedLine();
    ElapsedLine(const ElapsedLine&) = delete;
    ElapsedLine& operator=(const ElapsedLine&) = delete;

    // Whether it ever will be: there is a terminal, and it is wanted.
    bool is_drawn() const noexcept { return drawn_; }

    // Writes in place of the line, which comes back later; from any thread.
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
