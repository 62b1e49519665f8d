// Several servers measured at the same time, and what is printed of a measurement while it runs.
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
    probe::MakeLane make_lane;
};

class SideBySide {
  public:
    // One plan for each subject; both outlive this object, as `stop` does.
    SideBySide(const std::vector<Subject>& subjects, const std::vector<probe::MeasurePlan>& plans,
               std::size_t lanes, const net::StopSignal& stop);
    SideBySide(const SideBySide&) = delete;
    ~SideBySide();

    // Whether all are over; waits for that at most until `deadline`.
    bool wait_until(net::Deadline deadline);

    std::size_t size() const noexcept { return runs_.size(); }
    // What has been measured by now, from any thread.
    probe::Measured so_far(std::size_t index) { return runs_[index].snapshots.take(); }
    // Once all are over.
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

// Where a run stands, at once.
void print_interim(Output& out, const report::MeasurementReport& report, bool json);

struct WatchOptions {
    bool json = false;
    bool live = false;                                // the line, where there is a terminal for it
    std::optional<std::chrono::nanoseconds> between;  // interim reports; none: only on request
    std::uint64_t count = 0;                          // of the plan, over all servers; 0: no bound
    std::chrono::nanoseconds time{0};                 // the warm-up included; 0: no bound
};

class Watch {
  public:
    // Makes the report of that server from its numbers.
    using ReportOf =
        std::function<report::MeasurementReport(std::size_t index, const probe::Measured&)>;

    // Interim reports are for the net::InterimRequests that the caller has. One that cannot be
    // written raises `stop`.
    Watch(Io io, SideBySide& runs, net::StopSignal& stop, const WatchOptions& options,
          ReportOf report_of)
        : io_(io),
          runs_(runs),
          stop_(stop),
          options_(options),
          report_of_(std::move(report_of)),
          line_(io.err, options.live) {}

    // Returns when all is over.
    void run();

  private:
    void tell_interim();
    void draw_line();
    std::string done(const stats::Measurement& numbers, std::chrono::nanoseconds elapsed) const;
    std::string left(const stats::Measurement& numbers, std::chrono::nanoseconds elapsed,
                     double rate) const;

    Io io_;
    SideBySide& runs_;
    net::StopSignal& stop_;
    const WatchOptions& options_;
    ReportOf report_of_;
    ProgressLine line_;
    const net::Clock::time_point begin_ = net::Clock::now();
    InterimSchedule schedule_{options_.between};
    // Of the line drawn last, for the rate since then.
    net::Clock::time_point drawn_at_ = begin_;
    std::uint64_t drawn_received_ = 0;
};

}  // namespace sockbox::tools
