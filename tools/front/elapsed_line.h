// The live line of work that goes on without telling results by itself.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tools/front/interim_schedule.h"
#include "tools/front/progress.h"

namespace sockbox::tools {

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
