// The progress of measurements, printed while they run.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "report/measurement.h"
#include "tools/client/runs.h"
#include "tools/front/progress.h"

namespace sockbox::tools {

// Prints an interim report and flushes the output.
void print_interim(Output& out, const report::MeasurementReport& report, bool json);

struct WatchOptions {
    bool json = false;
    bool live = false;  // draw a progress line if standard error is a terminal
    std::optional<std::chrono::nanoseconds> between;  // interval of reports; empty: on request only
    std::function<void()> on_report{};                // called after reports; may be empty
    std::string part{};                // of a longer test, for the progress line; may be empty
    std::uint64_t count = 0;           // planned round trips over all servers; 0: unlimited
    std::chrono::nanoseconds time{0};  // including the warm-up; 0: unlimited
};

// Shows the progress of measurements: a progress line and interim reports.
class Watch {
  public:
    // Creates the report of a server from its results.
    using ReportOf = std::function<report::MeasurementReport(const Runs::Run&, probe::Measured)>;
    // Called at least ten times a second; returns what is to be printed on standard error at once,
    // lines with their newlines.
    using Look = std::function<std::string()>;

    // Requests for interim reports need a net::InterimRequests object, which the caller owns. If a
    // report cannot be written, `stop` is raised. All references must outlive the object.
    Watch(Io io, Runs& runs, net::StopSignal& stop, const WatchOptions& options, ReportOf report_of,
          Look look)
        : io_(io),
          runs_(runs),
          stop_(stop),
          options_(options),
          report_of_(std::move(report_of)),
          look_(std::move(look)),
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
    Runs& runs_;
    net::StopSignal& stop_;
    const WatchOptions& options_;
    ReportOf report_of_;
    Look look_;
    ProgressLine line_;
    const net::Clock::time_point begin_ = net::Clock::now();
    InterimSchedule schedule_{options_.between};
    // When the line was last drawn, for the rate since then.
    net::Clock::time_point drawn_at_ = begin_;
    std::uint64_t drawn_received_ = 0;
};

}  // namespace sockbox::tools
