// The measurement options that echo and udpecho share, the run and the report of its results.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "net/signals.h"
#include "probe/measure.h"
#include "report/measurement.h"
#include "tools/client/client.h"
#include "tools/client/confinement.h"
#include "tools/client/listed_targets.h"
#include "tools/client/load.h"
#include "tools/client/notices.h"
#include "tools/client/rate_finder.h"
#include "tools/client/results.h"
#include "tools/client/runs.h"
#include "tools/client/watch.h"
#include "tools/front/interrupts.h"
#include "tools/front/metrics.h"

namespace sockbox::tools {

// A measurement as requested on the command line. `client` must outlive the object.
class Measuring {
  public:
    Measuring(Io io, const ClientOptions& client) : io_(io), client_(client) {}

    // Declares -c -t -i -s -P --rate --find-rate --load --threads --warmup --spin --assert
    // --report-interval --targets --skip-self --resolve-every --metrics --metrics-file --no-sandbox
    // --plot --html --hgrm; for UDP also --first-seq.
    void declare(Cli& cli);

    // Whether to measure: one of -c -t -P --rate --find-rate --load was given, or assume() was
    // called.
    bool is_requested(const Cli& cli) const;

    // Requests a measurement in any case, and sets defaults for the options that were not given.
    // `count` is used only if none of -c -t -P --rate was given.
    void assume(const Cli& cli, std::int64_t count, std::int64_t first_sequence);

    // Checks combinations of options and the output files, and reads the targets file. Returns an
    // exit status if one of them rules out the measurement; the reason is then already printed.
    // `others` are options of the command that are refused unless it measures.
    std::optional<int> check(const Cli& cli, std::initializer_list<const char*> others = {});
    // Whether there is a file that lists servers.
    bool has_file() const { return !targets_.empty(); }
    // Appends the listed servers, except those that `targets` contains already.
    void add_listed(std::vector<Target>& targets);
    // Checks that there may be as many sockets as these servers need; as check().
    std::optional<int> check_descriptors(std::span<const Target> targets);

    const MetricsOption& metrics() const { return metrics_; }
    const Results& results() const { return results_; }
    std::size_t connections() const {
        return client_.has_port_range() ? client_.source_ports->size()
                                        : static_cast<std::size_t>(connections_);
    }
    std::size_t size() const { return size_; }
    void set_size(std::size_t size) { size_ = size; }
    bool is_open_loop() const { return rate_ > 0 || rate_finder_.is_requested(); }
    std::string_view mode() const { return is_open_loop() ? "open" : "closed"; }
    bool has_load() const { return load_.is_requested(); }

    // Whether it goes on until it is interrupted.
    bool is_endless() const { return count_ == 0 && !time_; }

    // Calls `work` with the number of each target, concurrently, and blocks until all calls have
    // returned. Meanwhile shows `phase` in a progress line if `live`, and in interim reports.
    void prepare(const std::vector<std::string>& targets, stats::Phase phase, bool live,
                 const std::function<void(std::size_t)>& work);

    // With --metrics, listens for scrapes, which are answered during run(), and enters the sandbox.
    // Call it before any thread starts, such as that of a lookup, which would keep its rights.
    // Returns an exit status if that fails.
    std::optional<int> open_metrics(std::span<const Target> targets);

    // Catches interrupts from now on, instead of from run(), which then raise stop(). Returns an
    // exit status if that fails.
    std::optional<int> catch_interrupts(std::span<const NamedServer> servers);
    // Null before catch_interrupts().
    const net::StopSignal* stop() const { return stop_ ? &*stop_ : nullptr; }
    bool is_interrupted() const { return stop_ && stop_->raised(); }
    // Prints that an interrupt came before anything was measured; returns the exit status.
    int fail_interrupted(const NamedServer& server) const;

    // Records for --html and the metrics that this target could not be measured.
    void note_unmeasured(const Target& target, const net::Error& error) {
        results_.note_unmeasured(target, error);
    }

    // A subject without make_lane. In an endless run with the name to look up, for at most
    // `connect_timeout`, unless the host is an address.
    Subject subject(const Target& target, std::chrono::nanoseconds connect_timeout) const;

    // Measures all subjects concurrently and prints the results; blocks until then. Ctrl-C ends the
    // measurement early, but its results are still printed. Returns the highest of all exit
    // statuses, including `before`. `subjects` may be empty. `make_subject` is called on this
    // thread for servers that the targets file lists during the run.
    using MakeSubject = std::function<Subject(const Target&)>;
    int run(std::vector<Subject> subjects, int before, const MakeSubject& make_subject);
    // Whether there may be so many servers that each takes as little memory as possible.
    bool is_compact(std::size_t servers) const { return has_file() || servers > max_full; }
    // Whether all lanes of the run are used by one thread.
    bool has_one_thread() const { return used_threads_ == 1; }

  private:
    static constexpr std::size_t max_full = 16;

    std::size_t threads(std::size_t subjects) const;
    probe::MeasurePlan plan() const;
    void add(Runs& runs, Subject subject);
    bool prints_replies() const;
    int measure_repeatedly(const Subject& subject, int before);
    int find_rate(const Subject& subject, int before);
    int measure_under_load(const Subject& subject, int before);
    net::Result<report::MeasurementReport> measure_once(const Subject& subject,
                                                        std::string_view part);
    int conclude_single(report::MeasurementReport report, const Subject& subject, int status);
    std::string look(Runs& runs, const MakeSubject& make_subject, int& status);
    void conclude_ended(Runs& runs, int& status);
    void leave_out_named(std::vector<Target>& listed);
    void follow_file(Runs& runs, const MakeSubject& make_subject);
    void note_repeated(const std::vector<std::string>& targets);
    void report_targets(const net::Result<ListedTargets::Changes>& changes);
    void leave_out_self(Runs& runs);
    net::Status write_metrics(const Runs* runs) const;
    int write_files(const Runs* runs, std::vector<report::MeasurementReport> reports,
                    int status) const;
    void print_reply(const std::string& target, const std::string& peer,
                     const probe::Reply& reply) const;
    void report_change(const std::string& target, const probe::ServerChange& change);
    using Parameters = std::vector<std::pair<std::string, std::string>>;
    Parameters parameters(const report::MeasurementReport& report) const;
    // The current results, for a scrape; null: nothing is measured.
    MetricFamilies collect(const Runs* runs) const;
    void add_list_metrics(MetricFamilies& families) const;
    std::string page(const Runs& runs) const;
    WatchOptions watch_options(std::size_t subjects) const;
    report::MeasurementReport report_of(const Subject& subject, probe::Measured measured) const;
    void end_line_of_interrupt() const;
    enum class End : std::uint8_t { planned, early };
    // Prints a result, raises `status` to its exit status, and returns it.
    std::optional<report::MeasurementReport> conclude(const Runs::Run& run, const Runs& runs,
                                                      End end, int& status);
    std::vector<report::MeasurementReport> conclude_all(Runs& runs, int& status);
    int run_without_servers(int before);
    // Whether servers come and go with the targets file.
    bool follows_file() const { return is_endless() && has_file(); }

    Io io_;
    const ClientOptions& client_;
    bool is_assumed_ = false;
    std::optional<std::int64_t> count_;
    std::optional<std::chrono::nanoseconds> time_;
    std::optional<std::chrono::nanoseconds> interval_;
    std::uint64_t size_ = 64;
    std::int64_t connections_ = 1;
    double rate_ = 0;
    RateFinder rate_finder_{io_, client_};
    LoadTest load_{io_, client_};
    std::optional<std::int64_t> threads_;
    std::chrono::nanoseconds warmup_{0};
    std::chrono::nanoseconds spin_{0};
    std::int64_t first_sequence_ = 1;
    std::optional<std::chrono::nanoseconds> report_interval_;
    std::chrono::nanoseconds resolve_every_{std::chrono::minutes(1)};
    MetricsOption metrics_;
    Results results_{io_, client_};
    ClientConfinement confinement_;
    std::string targets_;
    bool skip_self_ = false;
    std::optional<ListedTargets> list_;
    mutable std::mutex list_mutex_;  // guards list_, of which a scrape reports
    std::vector<Target> listed_;
    std::set<std::string> named_;  // Target::text of those on the command line
    std::mutex selves_mutex_;
    std::vector<std::string> selves_;  // targets that have turned out to be this host

    std::optional<serve::StatusEndpoint> endpoint_;  // not started yet
    // Set by run().
    const Runs* runs_ = nullptr;
    std::size_t used_threads_ = 1;
    bool compact_ = false;
    std::size_t added_ = 0;
    std::size_t concluded_ = 0;
    Notices notices_{client_.tool};
    std::optional<net::InterimRequests> requests_;  // created by check()
    std::optional<net::StopSignal> stop_;
    std::optional<CaughtInterrupts> interrupts_;
};

}  // namespace sockbox::tools
