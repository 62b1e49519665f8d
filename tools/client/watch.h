// Concurrent measurements of several servers, and the progress printed while they run.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "probe/measure.h"
#include "report/measurement.h"
#include "tools/front/progress.h"

namespace sockbox::tools {

// A server to measure.
struct Subject {
    std::string target;  // "HOST:PORT", escaped
    std::string peer;    // its address
    std::string hint;    // printed if nothing reached that address; may be empty
    probe::MakeLane make_lane;
};

// Measures several servers at the same time, each on a thread of its own.
class ParallelRuns {
  public:
    // Starts the measurements. There is one plan for each subject; subjects, plans and `stop` must
    // outlive this object. If a thread cannot be started, that is the outcome of its subject.
    ParallelRuns(const std::vector<Subject>& subjects, const std::vector<probe::MeasurePlan>& plans,
                 std::size_t lanes, const net::StopSignal& stop);
    ParallelRuns(const ParallelRuns&) = delete;
    // Blocks until all measurements are over.
    ~ParallelRuns();

    // Blocks until all measurements are over or `deadline` has passed; returns whether they are
    // over.
    bool wait_until(net::Deadline deadline);

    std::size_t size() const noexcept { return runs_.size(); }
    // The results so far. May be called from any thread; blocks as probe::Snapshots::take() does.
    probe::Measured so_far(std::size_t index) { return runs_[index].snapshots.take(); }
    // The final result. Call it only after wait_until() has returned true.
    const net::Result<probe::Measured>& outcome(std::size_t index) const {
        return *runs_[index].outcome;
    }

  private:
    struct Run {
        probe::Snapshots snapshots;
        std::optional<net::Result<probe::Measured>> outcome;
        std::thread thread;
    };

    void start(Run& run, const Subject& subject, const probe::MeasurePlan& plan, std::size_t lanes,
               const net::StopSignal& stop);

    std::vector<Run> runs_;
    std::mutex mutex_;
    std::condition_variable ended_;
    std::size_t under_way_;
};

// Prints an interim report and flushes the output.
void print_interim(Output& out, const report::MeasurementReport& report, bool json);

struct WatchOptions {
    bool json = false;
    bool live = false;  // draw a progress line if standard error is a terminal
    std::optional<std::chrono::nanoseconds> between;  // interval of reports; empty: on request only
    std::uint64_t count = 0;           // planned round trips over all servers; 0: unlimited
    std::chrono::nanoseconds time{0};  // including the warm-up; 0: unlimited
};

// Shows the progress of measurements: a progress line and interim reports.
class Watch {
  public:
    // Creates the report of a server from its results.
    using ReportOf =
        std::function<report::MeasurementReport(std::size_t index, const probe::Measured&)>;
    // Returns what is to be printed on standard error at once, lines with their newlines.
    using TakeLines = std::function<std::string()>;

    // Requests for interim reports need a net::InterimRequests object, which the caller owns. If a
    // report cannot be written, `stop` is raised. All references must outlive the object.
    Watch(Io io, ParallelRuns& runs, net::StopSignal& stop, const WatchOptions& options,
          ReportOf report_of, TakeLines take_lines)
        : io_(io),
          runs_(runs),
          stop_(stop),
          options_(options),
          report_of_(std::move(report_of)),
          take_lines_(std::move(take_lines)),
          line_(io.err, options.live) {}

    // Blocks until all measurements are over.
    void run();

  private:
    void print_lines();
    void print_interim_reports();
    void draw_line();
    std::string done(const stats::Measurement& numbers, std::chrono::nanoseconds elapsed) const;
    std::string left(const stats::Measurement& numbers, std::chrono::nanoseconds elapsed,
                     double rate) const;

    Io io_;
    ParallelRuns& runs_;
    net::StopSignal& stop_;
    const WatchOptions& options_;
    ReportOf report_of_;
    TakeLines take_lines_;
    ProgressLine line_;
    const net::Clock::time_point begin_ = net::Clock::now();
    InterimSchedule schedule_{options_.between};
    // When the line was last drawn, for the rate since then.
    net::Clock::time_point drawn_at_ = begin_;
    std::uint64_t drawn_received_ = 0;
};

}  // namespace sockbox::tools
