// The measurement options that echo and udpecho share, the run and the report of its results.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "net/signals.h"
#include "probe/assertion.h"
#include "probe/measure.h"
#include "report/measurement.h"
#include "tools/client/client.h"
#include "tools/client/confinement.h"
#include "tools/client/unsent_lines.h"
#include "tools/client/watch.h"
#include "tools/front/interrupts.h"
#include "tools/front/metrics.h"

namespace sockbox::tools {

// A measurement as requested on the command line. `client` must outlive the object.
class Measuring {
  public:
    Measuring(Io io, const ClientOptions& client) : io_(io), client_(client) {}

    // Declares -c -t -i -s -P --rate --threads --warmup --spin --assert --report-interval --metrics
    // --no-sandbox --plot --html --hgrm; for UDP also --first-seq.
    void declare(Cli& cli);

    // Whether to measure: one of -c -t -P --rate was given, or assume() was called.
    bool is_requested(const Cli& cli) const;

    // Requests a measurement in any case, and sets defaults for the options that were not given.
    // `count` is used only if none of -c -t -P --rate was given.
    void assume(const Cli& cli, std::int64_t count, std::int64_t first_sequence);

    // Checks combinations of options, the output files and the descriptor limit. Returns an exit
    // status if one of them rules out the measurement; the reason is then already printed. `others`
    // are options of the command that are refused unless it measures.
    std::optional<int> check(const Cli& cli, std::initializer_list<const char*> others = {});

    const MetricsOption& metrics() const { return metrics_; }
    std::size_t connections() const { return static_cast<std::size_t>(connections_); }
    std::size_t size() const { return size_; }
    bool is_open_loop() const { return rate_ > 0; }

    // Calls `work` with the number of each target, concurrently, and blocks until all calls have
    // returned. Meanwhile shows `phase` in a progress line if `live`, and in interim reports.
    void prepare(const std::vector<std::string>& targets, stats::Phase phase, bool live,
                 const std::function<void(std::size_t)>& work);

    // Catches interrupts from now on, instead of from run(), which then raise stop(). Returns an
    // exit status if that fails.
    std::optional<int> catch_interrupts();
    // Null before catch_interrupts().
    const net::StopSignal* stop() const { return stop_ ? &*stop_ : nullptr; }
    bool is_interrupted() const { return stop_ && stop_->raised(); }
    // Prints that an interrupt came before anything was measured; returns the exit status.
    int fail_interrupted(const std::string& target) const;

    // Records for --html that this target could not be measured.
    void note_unmeasured(const std::string& target, const net::Error& error);

    // Measures all subjects concurrently and prints the results; blocks until then. Ctrl-C ends the
    // measurement early, but its results are still printed. Returns the highest of all exit
    // statuses, including `before`. `subjects` may be empty.
    int run(const std::vector<Subject>& subjects, int before);

  private:
    // If a reply cannot be printed, `stop` is raised.
    probe::MeasurePlan plan(const Subject& subject, net::StopSignal& stop);
    bool prints_replies(const probe::MeasurePlan& plan) const;
    void print_reply(const Subject& subject, const probe::Reply& reply) const;
    using Parameters = std::vector<std::pair<std::string, std::string>>;
    Parameters parameters(const Subject& subject, const probe::MeasurePlan& plan) const;
    // The current results, for a scrape.
    MetricFamilies collect(const std::vector<Subject>& subjects, ParallelRuns& runs) const;
    WatchOptions watch_options(const probe::MeasurePlan& plan, std::size_t subjects) const;
    report::MeasurementReport report_of(const Subject& subject,
                                        const probe::Measured& measured) const;
    void end_line_of_interrupt() const;
    bool is_asserted(std::string_view name) const;
    bool is_good(const report::MeasurementReport& report) const;
    void print_hint(const Subject& subject, const stats::Measurement& numbers) const;
    // Prints the results, and raises `status` to the highest of their exit statuses.
    std::vector<report::MeasurementReport> conclude(const std::vector<Subject>& subjects,
                                                    const std::vector<probe::MeasurePlan>& plans,
                                                    const ParallelRuns& runs, int& status) const;
    int write_files(std::vector<report::MeasurementReport> reports, int status) const;

    Io io_;
    const ClientOptions& client_;
    bool is_assumed_ = false;
    std::optional<std::int64_t> count_;
    std::optional<std::chrono::nanoseconds> time_;
    std::optional<std::chrono::nanoseconds> interval_;
    std::uint64_t size_ = 64;
    std::int64_t connections_ = 1;
    double rate_ = 0;
    std::optional<std::int64_t> threads_;
    std::chrono::nanoseconds warmup_{0};
    std::chrono::nanoseconds spin_{0};
    std::int64_t first_sequence_ = 1;
    std::vector<probe::Assertion> assertions_;
    std::optional<std::chrono::nanoseconds> report_interval_;
    MetricsOption metrics_;
    ClientConfinement confinement_;
    bool plot_ = false;
    const std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
    std::string html_;
    std::string hgrm_;
    std::vector<report::MeasurementReport> unmeasured_;
    UnsentLines unsent_lines_;
    std::optional<net::InterimRequests> requests_;  // created by check()
    std::optional<net::StopSignal> stop_;
    std::optional<CaughtInterrupts> interrupts_;
};

}  // namespace sockbox::tools
