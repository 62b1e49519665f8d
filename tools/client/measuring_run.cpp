// The run of a measurement: what it prints meanwhile, and the report of its results.
#include "tools/client/measuring.h"

#include <algorithm>
#include <cmath>

#include "probe/datagram_socket.h"
#include "report/counted.h"
#include "report/measurement_metrics.h"
#include "report/page/live_page.h"
#include "report/version.h"
#include "text/text.h"
#include "text/time.h"
#include "text/units.h"
#include "tools/front/progress.h"

namespace sockbox::tools {
namespace {

using namespace std::chrono_literals;

constexpr auto min_printed_interval = 10ms;

// The address in use, for lines about replies and failures, which come from other threads than
// those about its changes.
class AddressText {
  public:
    explicit AddressText(const std::optional<net::Endpoint>& address) { set(address); }
    void set(const std::optional<net::Endpoint>& address) {
        const std::lock_guard lock(mutex_);
        text_ = address ? address->to_string() : "";
    }
    std::string get() const {
        const std::lock_guard lock(mutex_);
        return text_;
    }

  private:
    mutable std::mutex mutex_;
    std::string text_;
};

// Fractions of the interval that are as far apart as possible, however many there are: multiples of
// the golden ratio (Weyl's theorem on equidistribution).
double place_in_interval(std::size_t number) {
    constexpr double golden = 0.6180339887498949;
    const double place = static_cast<double>(number) * golden;
    return place - std::floor(place);
}

std::string left_out(const std::string& target) {
    return target + ": left out, because it is this host";
}

}  // namespace

void Measuring::add(Runs& runs, Subject subject) {
    if (skip_self_ && subject.server && probe::is_own_address(*subject.server))
        return notices_.add(left_out(subject.target));
    probe::MeasurePlan plan = this->plan();
    if (is_endless())
        plan.delay = std::chrono::duration_cast<std::chrono::nanoseconds>(
            plan.interval * place_in_interval(added_++));
    if (compact_)
        plan.detail = stats::Detail::compact;
    const auto peer = std::make_shared<AddressText>(subject.server);
    plan.on_unsent = [this, peer](std::uint64_t sequence, const net::Error& error) {
        notices_.add_unsent(peer->get(), sequence, error);
    };
    if (prints_replies())
        plan.on_reply = [this, peer, target = subject.target](const probe::Reply& reply) {
            const std::string address = peer->get();
            if (address.empty())
                return;  // it is this host, and about to be left out
            print_reply(target, address, reply);
            if (io_.out.error())
                stop_->raise();  // no one would see the rest
        };
    const auto on_change = [this, peer,
                            target = subject.target](const probe::ServerChange& change) {
        if (change.to && skip_self_ && probe::is_own_address(*change.to)) {
            const std::lock_guard lock(selves_mutex_);
            return selves_.push_back(target);
        }
        if (change.to)
            peer->set(change.to);
        report_change(target, change);
    };
    runs.add(std::move(subject), std::move(plan), on_change);
}

bool Measuring::prints_replies() const {
    return !client_.common.quiet && connections_ == 1 && rate_ == 0 && !compact_ &&
           !load_.is_requested() && plan().interval >= min_printed_interval;
}

void Measuring::report_change(const std::string& target, const probe::ServerChange& change) {
    const auto text = [](const std::optional<net::Endpoint>& address) {
        return address ? address->to_string() : "";
    };
    if (client_.common.json) {
        auto json = report::event(client_.tool, "address", std::chrono::system_clock::now());
        json.set("target", target)
            .set("address", change.to ? report::Json(text(change.to)) : report::Json())
            .set("before", change.from ? report::Json(text(change.from)) : report::Json());
        if (!change.error.action.empty())
            json.set("error", to_json(change.error));
        io_.out.write(json.to_string() + '\n');
        io_.out.flush();
        return;
    }
    if (change.from == change.to && !change.error.action.empty())
        notices_.add(fmt::format("{}: {}", target, change.error.message()));
    else if (change.from == change.to)
        notices_.add(fmt::format("{}: the name resolves again", target));
    else if (change.from)
        notices_.add(
            fmt::format("{}: now at {}, before at {}", target, text(change.to), text(change.from)));
    else if (client_.common.verbose)
        notices_.add(fmt::format("{}: at {}", target, text(change.to)));
}

void Measuring::print_reply(const std::string& target, const std::string& peer,
                            const probe::Reply& reply) const {
    if (client_.common.json) {
        auto json = report::event(client_.tool, "reply");
        json.set("seq", reply.sequence)
            .set("rtt_ns", reply.rtt ? report::Json(reply.rtt->count()) : report::Json())
            .set("bytes", reply.bytes);
        if (!reply.objection.empty())
            json.set("wrong", reply.objection);
        if (reply.from)
            json.set("from", reply.from->to_string());
        io_.out.print("{}\n", json.set("target", target).to_string());
    } else {
        const std::string from = reply.from ? reply.from->to_string() : peer;
        io_.out.print("{}\n", report::to_text(report::ReplyLine{reply.bytes, from, reply.sequence,
                                                                reply.rtt, reply.objection}));
    }
    io_.out.flush();
}

// The parameters needed to repeat the run.
Measuring::Parameters Measuring::parameters(const report::MeasurementReport& report) const {
    const probe::MeasurePlan plan = this->plan();
    const auto if_any = [](std::chrono::nanoseconds time, const char* otherwise) {
        return time.count() > 0 ? net::format_duration(time) : otherwise;
    };
    return {{"started", net::format_utc(client_.started)},
            {"address", report.address.empty() ? "none" : report.address},
            {client_.transport == net::Transport::tcp ? "connections" : "sockets",
             std::to_string(connections())},
            {"source port", client_.source_ports_text()},
            {"threads", std::to_string(used_threads_)},
            {"payload", report::counted(size_, "byte")},
            {"count", plan.count > 0 ? std::to_string(plan.count) : "no limit"},
            {"time", if_any(plan.time, "no limit")},
            {"rate", plan.rate > 0 ? fmt::format("{:.0f} messages per second", plan.rate) : "none"},
            {"interval", if_any(plan.interval, "none")},
            {"timeout", net::format_duration(plan.timeout)},
            {"warm-up", if_any(plan.warmup, "none")},
            {"load", load_.is_requested() ? report::counted(load_.flows(), "TCP flow") : "none"},
            {"sockbox", std::string(report::version)}};
}

// There is no progress line if replies are printed to a terminal: they show the progress.
WatchOptions Measuring::watch_options(std::size_t subjects) const {
    const probe::MeasurePlan plan = this->plan();
    WatchOptions options;
    options.json = client_.common.json;
    options.live = !client_.common.quiet && !(prints_replies() && io_.out.is_terminal());
    options.between = report_interval_;
    options.count = plan.count * subjects;
    if (plan.time.count() > 0)
        options.time =
            plan.time + std::min(plan.warmup, std::chrono::nanoseconds::max() - plan.time);
    return options;
}

void Measuring::prepare(const std::vector<std::string>& targets, stats::Phase phase, bool live,
                        const std::function<void(std::size_t)>& work) {
    probe::Measured nothing;
    nothing.phase = phase;
    const auto tell = [&] {
        for (const std::string& target : targets)
            print_interim(io_.out, results_.report_of(target, nothing, is_open_loop()),
                          client_.common.json);
    };
    const std::string whom =
        targets.size() == 1 ? targets.front() : report::counted(targets.size(), "server");
    const std::string preposition = phase == stats::Phase::connecting ? "to " : "";
    const ElapsedLine line(io_.err, live,
                           fmt::format("{} {}{}", report::to_text(phase), preposition, whom),
                           {tell, report_interval_});
    at_once(targets.size(), work);
}

std::optional<int> Measuring::open_metrics(std::span<const Target> targets) {
    auto metrics = metrics_.open([&] { return collect(runs_); }, {}, [&] { return page(*runs_); });
    if (!metrics)
        return client_.fail(io_, metrics.error(), exit_refused, names_of(targets));
    if (*metrics) {
        endpoint_.emplace(std::move(**metrics));
        confinement_.enter(io_, client_, results_.files(), has_file());
    }
    return std::nullopt;
}

std::optional<int> Measuring::catch_interrupts(std::span<const NamedServer> servers) {
    if (stop_)
        return std::nullopt;
    auto stop = net::StopSignal::create();
    if (!stop)
        return client_.fail(io_, stop.error(), exit_refused, servers);
    stop_.emplace(std::move(*stop));
    interrupts_.emplace(io_, *stop_, CaughtInterrupts::patient);
    return std::nullopt;
}

int Measuring::fail_interrupted(const NamedServer& server) const {
    return client_.fail(io_,
                        {net::platform::error_of(std::errc::operation_canceled),
                         "measure",
                         server.target,
                         "interrupted before the first message",
                         {}},
                        status_of_interrupt(), server);
}

int Measuring::run(std::vector<Subject> subjects, int before, const MakeSubject& make_subject) {
    if (subjects.empty() && !follows_file())
        return run_without_servers(before);
    std::vector<NamedServer> servers;
    for (const Subject& subject : subjects)
        servers.push_back(subject.named());
    if (const auto status = catch_interrupts(servers))
        return *status;
    if (rate_finder_.is_requested() || load_.is_requested())
        return measure_repeatedly(subjects.front(), before);
    compact_ = is_compact(subjects.size());
    used_threads_ = threads(subjects.size());
    auto measurements = probe::Measurements::create({used_threads_, spin_, is_endless()}, *stop_);
    if (!measurements)
        return client_.fail(io_, measurements.error(), exit_refused, servers);
    Runs runs(std::move(*measurements));
    runs_ = &runs;
    std::optional<serve::StatusEndpoint> metrics = std::move(endpoint_);  // ends before the runs
    WatchOptions options = watch_options(subjects.size());
    options.on_report = [&] {
        if (const auto written = write_metrics(&runs); !written)
            print_error(io_, client_.tool, written.error());
    };
    for (Subject& subject : subjects)
        add(runs, std::move(subject));
    if (metrics && !client_.common.quiet) {
        announce_metrics(*metrics, client_.tool, client_.common.json, io_);
        io_.out.flush();
    }
    if (const auto started = runs.start(); !started) {
        stop_->raise();
        return client_.fail(io_, started.error(), exit_refused, servers);
    }
    if (metrics)
        if (const auto started = metrics->start(); !started)
            print_error(io_, client_.tool, started.error());  // the measurement does not need it
    Watch(
        io_, runs, *stop_, options,
        [&](const Runs::Run& run, probe::Measured measured) {
            return report_of(run.subject, std::move(measured));
        },
        [&] { return look(runs, make_subject, before); })
        .run();
    if (is_interrupted() && !options.live)
        end_line_of_interrupt();
    auto reports = conclude_all(runs, before);
    io_.out.flush();
    // Opening a FIFO may block; a signal then ends the process at once.
    if (!is_interrupted() && results_.has_files())
        interrupts_.reset();
    return write_files(&runs, std::move(reports), before);
}

// Without any failure before, the targets file is the only source of servers, and has none.
int Measuring::run_without_servers(int before) {
    if (before == exit_ok)
        before = client_.fail(
            io_, {{}, "read", net::escape(targets_), "the file lists no server to measure", {}},
            exit_mismatch);
    return write_files(nullptr, {}, before);
}

std::vector<report::MeasurementReport> Measuring::conclude_all(Runs& runs, int& status) {
    conclude_ended(runs, status);
    std::vector<report::MeasurementReport> reports;
    for (const Runs::Shared& run : runs.all())
        if (auto report =
                conclude(*run, runs, is_interrupted() ? End::early : End::planned, status);
            report && !compact_)
            reports.push_back(std::move(*report));
    if (concluded_ == 0 && status == exit_ok && results_.has_assertions() && !follows_file())
        status = client_.fail(
            io_, {{}, {}, {}, "--skip-self left no server, so that every assertion fails", {}},
            exit_mismatch);
    return reports;
}

int Measuring::write_files(const Runs* runs, std::vector<report::MeasurementReport> reports,
                           int status) const {
    if (const auto written = write_metrics(runs); !written) {
        print_error(io_, client_.tool, written.error());
        status = exit_output;
    }
    return results_.write(std::move(reports), status);
}

net::Status Measuring::write_metrics(const Runs* runs) const {
    return results_.has_metrics_file() ? results_.write_metrics(collect(runs)) : net::Status();
}

// What a run does between two looks at its sockets: servers come and go.
std::string Measuring::look(Runs& runs, const MakeSubject& make_subject, int& status) {
    if (follows_file())
        follow_file(runs, make_subject);
    leave_out_self(runs);
    conclude_ended(runs, status);
    return notices_.take();
}

void Measuring::conclude_ended(Runs& runs, int& status) {
    for (const Runs::Shared& run : runs.take_ended()) {
        (void)conclude(*run, runs, End::early, status);
        runs.forget(run);
    }
}

void Measuring::follow_file(Runs& runs, const MakeSubject& make_subject) {
    std::optional<net::Result<ListedTargets::Changes>> changes;
    {
        const std::lock_guard lock(list_mutex_);
        changes = list_->look(net::Clock::now());
    }
    if (!changes)
        return;
    report_targets(*changes);
    if (!*changes)
        return;
    note_repeated((*changes)->repeated);
    leave_out_named((*changes)->added);
    for (const std::string& target : (*changes)->removed)
        for (const Runs::Shared& run : runs.all())
            if (run->subject.target == target && run->subject.is_listed)
                runs.remove(run);
    for (const Target& target : (*changes)->added)
        add(runs, make_subject(target));
}

// A server is measured once.
void Measuring::leave_out_named(std::vector<Target>& listed) {
    std::erase_if(listed, [this](const Target& target) {
        const bool is_named = named_.contains(target.text);
        if (is_named && !target.labels.empty())
            note_repeated({target.text});
        return is_named;
    });
}

void Measuring::note_repeated(const std::vector<std::string>& targets) {
    for (const std::string& target : targets)
        notices_.add(
            fmt::format("{}: listed again with other labels; the first ones count", target));
}

void Measuring::report_targets(const net::Result<ListedTargets::Changes>& changes) {
    if (client_.common.json) {
        auto json = report::event(client_.tool, "targets", std::chrono::system_clock::now());
        json.set("targets", list_->size());
        if (changes)
            json.set("added", changes->added.size()).set("removed", changes->removed.size());
        else
            json.set("error", to_json(changes.error()));
        io_.out.write(json.to_string() + '\n');
        io_.out.flush();
    }
    if (!changes)
        notices_.add(changes.error().message() + "; the targets stay as they were");
    else if (!client_.common.json && !client_.common.quiet)
        notices_.add(fmt::format("{}: {} now, {} added, {} removed", net::escape(targets_),
                                 report::counted(list_->size(), "target"), changes->added.size(),
                                 changes->removed.size()));
}

// Those that are left out have no result.
void Measuring::leave_out_self(Runs& runs) {
    std::vector<std::string> selves;
    {
        const std::lock_guard lock(selves_mutex_);
        selves.swap(selves_);
    }
    for (const std::string& target : selves)
        for (const Runs::Shared& run : runs.all())
            if (run->subject.target == target) {
                notices_.add(left_out(target));
                runs.remove(run, Runs::Result::dropped);
            }
}

MetricFamilies Measuring::collect(const Runs* runs) const {
    // The names of metrics do not depend on how the command was started.
    report::MeasurementMetrics metrics(client_.transport == net::Transport::udp ? "udpecho"
                                                                                : "echo");
    if (runs != nullptr)
        runs->visit_all([&](const Runs::Run& run, probe::Measured measured) {
            metrics.add(report_of(run.subject, std::move(measured)));
        });
    for (const report::MeasurementReport& report : results_.unmeasured())
        metrics.add(report);
    MetricFamilies families = metrics.families();
    if (list_)
        add_list_metrics(families);
    return families;
}

std::string Measuring::page(const Runs& runs) const {
    report::LivePage page(client_.tool);
    std::size_t index = 0;
    runs.visit_all([&](const Runs::Run& run, probe::Measured measured) {
        auto report = report_of(run.subject, std::move(measured));
        report.parameters = parameters(report);
        page.add(report, index++);
    });
    return page.finish();
}

void Measuring::add_list_metrics(MetricFamilies& families) const {
    const std::string prefix =
        client_.transport == net::Transport::udp ? "udpecho_targets" : "echo_targets";
    const std::lock_guard lock(list_mutex_);
    const auto add = [&](std::string_view name, std::string_view unit, std::string_view help,
                         double value) {
        families.push_back(single_metric(prefix + std::string(name), report::MetricKind::gauge,
                                         unit, help, value));
    };
    add("", {}, "Targets that the file lists.", static_cast<double>(list_->size()));
    add("_reload_successful", {}, "Whether the file could be read the last time.",
        list_->is_good() ? 1 : 0);
    add("_reload_timestamp_seconds", "seconds", "When the file was last read.",
        std::chrono::duration<double>(list_->read_at().time_since_epoch()).count());
}

report::MeasurementReport Measuring::report_of(const Subject& subject,
                                               probe::Measured measured) const {
    auto report = results_.report_of(subject.target, std::move(measured), is_open_loop());
    report.labels = subject.labels;
    return report;
}

std::optional<report::MeasurementReport> Measuring::conclude(const Runs::Run& run, const Runs& runs,
                                                             End end, int& status) {
    ++concluded_;
    const auto& outcome = runs.outcome(run);
    if (!outcome) {
        client_.fail(io_, outcome.error(), exit_refused, run.subject.named());
        status = std::max<int>(status, exit_refused);
        return std::nullopt;
    }
    auto report = report_of(run.subject, *outcome);
    report.parameters = parameters(report);
    results_.print(report, run.subject.hint);
    status = std::max<int>(status, results_.status_of(report, end == End::early));
    return report;
}

// A terminal shows Ctrl-C as "^C", after which the summary would continue the line. A progress line
// is erased together with it.
void Measuring::end_line_of_interrupt() const {
    if (io_.out.is_terminal())
        io_.out.write("\n");
    else if (io_.err.is_terminal())
        io_.err.write("\n");
}

}  // namespace sockbox::tools
