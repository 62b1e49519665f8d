// The measuring options that echo and udpecho share, and what is done with a measurement.
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
#include "tools/client/watch.h"
#include "tools/front/metrics.h"

namespace sockbox::tools {

class Measuring {
  public:
    Measuring(Io io, const Client& client) : io_(io), client_(client) {}

    // -c -t -i -s -P --rate --threads --warmup --assert --report-interval --metrics --plot
    // --html --hgrm
    void declare(Cli& cli);

    // Whether one of -c -t -P --rate was given, or assumed.
    bool is_wanted(const Cli& cli) const;

    // What holds where the options do not say otherwise, for who measures without one of them.
    void assume(const Cli& cli, std::int64_t count, std::int64_t first_sequence);

    // What options mean together; an exit status where that ends the command.
    // `others` are options that only measuring has use for, too.
    std::optional<int> check(const Cli& cli, std::initializer_list<const char*> others = {});

    const MetricsOption& metrics() const { return metrics_; }
    std::size_t connections() const { return static_cast<std::size_t>(connections_); }
    std::size_t size() const { return size_; }
    bool is_open_loop() const { return rate_ > 0; }

    // Does `work` with the number of each target, all at once, and tells meanwhile, where that is
    // asked for, that this is the phase they are in. `live` as ProgressLine takes it.
    void prepare(const std::vector<std::string>& targets, stats::Phase phase, bool live,
                 const std::function<void(std::size_t)>& work);

    // There will be no subject for this target, which its page tells.
    void note_unmeasured(const std::string& target, const net::Error& error);

    // Measures them side by side, Ctrl-C ending it early, and reports each. Returns the exit
    // status, which is the highest of all and of `before`. There may be none.
    int run(const std::vector<Subject>& subjects, int before);

  private:
    // A reply that cannot be printed raises `stop`.
    probe::MeasurePlan plan(const Subject& subject, net::StopSignal& stop) const;
    bool prints_replies(const probe::MeasurePlan& plan) const;
    void print_reply(const Subject& subject, const probe::Reply& reply) const;
    using Parameters = std::vector<std::pair<std::string, std::string>>;
    Parameters parameters(const Subject& subject, const probe::MeasurePlan& plan) const;
    // The numbers as they are, for a scrape.
    MetricFamilies collect(const std::vector<Subject>& subjects, SideBySide& runs) const;
    WatchOptions watch_options(const probe::MeasurePlan& plan, std::size_t subjects) const;
    report::MeasurementReport report_of(const Subject& subject,
                                        const probe::Measured& measured) const;
    bool is_good(const report::MeasurementReport& report) const;
    int conclude(const std::vector<Subject>& subjects, const std::vector<probe::MeasurePlan>& plans,
                 const SideBySide& runs, int status) const;
    int write_files(std::vector<report::MeasurementReport> reports, int status) const;

    Io io_;
    const Client& client_;
    bool is_assumed_ = false;
    std::optional<std::int64_t> count_;
    std::optional<std::chrono::nanoseconds> time_;
    std::optional<std::chrono::nanoseconds> interval_;
    std::uint64_t size_ = 64;
    std::int64_t connections_ = 1;
    double rate_ = 0;
    std::optional<std::int64_t> threads_;
    std::chrono::nanoseconds warmup_{0};
    std::int64_t first_sequence_ = 1;
    std::vector<probe::Assertion> assertions_;
    std::optional<std::chrono::nanoseconds> report_interval_;
    MetricsOption metrics_;
    bool plot_ = false;
    const std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
    std::string html_;
    std::string hgrm_;
    std::vector<report::MeasurementReport> unmeasured_;
    std::optional<net::InterimRequests> requests_;  // from the first preparation on
};

}  // namespace sockbox::tools
