// Measurements: their options, the run, and the report of its results.
#include "tools/client/measuring.h"

#include <algorithm>

#include "net/signals.h"
#include "report/counted.h"
#include "report/html.h"
#include "report/metrics.h"
#include "report/plot.h"
#include "system/host.h"
#include "system/platform.h"
#include "system/processors.h"
#include "text/units.h"
#include "tools/front/progress.h"
#include "tools/front/whole_file.h"

namespace sockbox::tools {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t max_messages = 1'000'000'000'000;
constexpr std::int64_t max_connections = 1'000'000;
constexpr std::size_t descriptors_beside = 16;  // standard streams, files, the stop signal
constexpr auto default_time = 10s;
constexpr auto min_printed_interval = 10ms;

std::size_t default_threads(std::size_t connections) {
    const std::size_t cores = net::usable_processors();
    constexpr std::size_t worth_a_thread = 16;  // with fewer, a thread costs more than it gains
    return std::clamp<std::size_t>(connections / worth_a_thread, 1, cores);
}

std::string format_utc(std::chrono::system_clock::time_point when) {
    const auto day = std::chrono::floor<std::chrono::days>(when);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(when - day));
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       time.hours().count(), time.minutes().count(), time.seconds().count());
}

}  // namespace

void Measuring::declare(Cli& cli) {
    cli.option("-c,--count", "N", "measure N round trips; 0: until interrupted",
               take_integer(count_, 0, max_messages));
    cli.option("-t,--time", "DURATION", "measure for this long (default 10s without -c)",
               take_duration(time_));
    cli.option("-i,--interval", "DURATION",
               "time between sends; 0: send when the reply arrives (default 1s with -c alone)",
               take_duration(interval_));
    const bool datagrams = client_.transport == net::Transport::udp;
    cli.option("-s,--size", "BYTES", "payload size (default 64)",
               take_size(size_, datagrams ? 0 : 1, datagrams ? 65527 : std::uint64_t{64} << 20));
    cli.option("-P,--connections", "N",
               datagrams ? "use N sockets at once" : "use N connections at once",
               take_integer(connections_, 1, max_connections));
    cli.option("--rate", "N", "messages per second in total, on a fixed schedule (open loop)",
               [this](std::string_view text) {
                   const auto rate = net::parse_integer(text, 0, 100'000'000);
                   if (!rate)
                       return net::Status(net::fail(rate.error()));
                   rate_ = static_cast<double>(*rate);
                   return net::Status();
               });
    cli.option("--threads", "N", "number of threads (default at most one per core)",
               take_integer(threads_, 1, 1024));
    cli.option("--warmup", "DURATION", "exclude the first DURATION", take_duration(warmup_));
    cli.option("--spin", "DURATION", "poll for this long before sleeping (default 0)",
               take_duration(spin_));
    if (datagrams)
        cli.option("--first-seq", "N", "the first sequence number (default 1)",
                   take_integer(first_sequence_, 0, std::int64_t{1} << 62));
    cli.repeated("--assert", "EXPRESSION", "a bound that must hold, such as p99<2ms or loss<0.1%",
                 [this](std::string_view text) {
                     auto assertion = probe::Assertion::parse(text);
                     if (!assertion)
                         return net::Status(net::fail(assertion.error()));
                     assertions_.push_back(std::move(*assertion));
                     return net::Status();
                 });
    cli.option("--report-interval", "DURATION", "print an interim report at this interval",
               take_duration(report_interval_));
    metrics_.declare(cli);
    confinement_.declare(cli);
    cli.flag("--plot", "draw a histogram, and the round-trip times over the run", plot_);
    cli.option("--html", "FILE", "write a web page with figures and charts", take_text(html_));
    cli.option("--hgrm", "FILE", "write the percentiles for HdrHistogram's plotter",
               take_text(hgrm_));
}

bool Measuring::is_requested(const Cli& cli) const {
    return is_assumed_ || cli.given("count") || cli.given("time") || cli.given("connections") ||
           cli.given("rate");
}

void Measuring::assume(const Cli& cli, std::int64_t count, std::int64_t first_sequence) {
    if (!is_requested(cli)) {
        is_assumed_ = true;
        count_ = count;
    }
    if (!cli.given("first-seq"))
        first_sequence_ = first_sequence;
}

std::optional<int> Measuring::check(const Cli& cli, std::initializer_list<const char*> others) {
    if (client_.timeout && client_.timeout->count() == 0)
        return cli.refuse(io_, "--timeout must be more than 0s");
    if (!is_requested(cli)) {
        std::vector<const char*> names(others);
        names.insert(names.end(),
                     {"interval", "size", "threads", "warmup", "spin", "assert", "target",
                      "report-interval", "metrics", "plot", "html", "hgrm", "no-sandbox"});
        for (const char* name : names)
            if (cli.given(name))
                return cli.refuse(io_, fmt::format("--{} needs one of -c -t -P --rate", name));
        return std::nullopt;
    }
    if (client_.has_message())
        return cli.refuse(io_, "a measurement takes no MESSAGE; -s sets the size of its payload");
    if (time_ && time_->count() == 0)
        return cli.refuse(io_, "--time must be more than 0s");
    if (plot_ && client_.common.json)
        return cli.refuse(io_, "--plot and --json are mutually exclusive");
    if (report_interval_ && report_interval_->count() == 0)
        return cli.refuse(io_, "--report-interval must be more than 0s");
    if (!html_.empty() && !hgrm_.empty() && is_same_file(html_, hgrm_))
        return cli.refuse(io_, "--html and --hgrm name the same file");
    for (const std::string& file : {html_, hgrm_})
        if (client_.common.json && !file.empty() && is_same_file(file, "-"))
            return cli.refuse(io_,
                              "--json reserves standard output: --html and --hgrm need a file");
    if (!hgrm_.empty() && client_.others.size() + client_.operands.size() / 2 > 1)
        return cli.refuse(io_, "--hgrm supports only one server");
    if (cli.given("no-sandbox") && !cli.given("metrics"))
        return cli.refuse(io_, "--no-sandbox needs --metrics");
    if (rate_ > 0 && cli.given("interval"))
        return cli.refuse(io_, "--rate and --interval are mutually exclusive");
    for (const std::string& file : {html_, hgrm_})  // now, not after a long measurement
        if (const auto sound = file.empty() ? net::Status() : can_write_whole(file, "write");
            !sound)
            return client_.fail(io_, sound.error(), exit_output);
    requests_.emplace();
    net::platform::raise_descriptor_limit();
    const auto limit = net::descriptor_limit();
    const std::size_t sockets =
        connections() * (client_.others.size() + client_.operands.size() / 2);
    if (limit && sockets + descriptors_beside > *limit) {
        return client_.fail(io_,
                            {net::platform::error_of(std::errc::too_many_files_open), "open",
                             report::counted(sockets, "socket"),
                             fmt::format("needs {} descriptors, the limit is {}",
                                         sockets + descriptors_beside, *limit),
                             "ulimit -n raises it, up to the hard limit"},
                            exit_refused);
    }
    return std::nullopt;
}

probe::MeasurePlan Measuring::plan(const Subject& subject, net::StopSignal& stop) {
    probe::MeasurePlan plan;
    plan.count = static_cast<std::uint64_t>(count_.value_or(0));
    plan.time = time_.value_or(count_ ? std::chrono::nanoseconds(0) : default_time);
    const bool count_alone = count_ && !time_ && connections_ == 1 && rate_ == 0;
    plan.interval = interval_.value_or(count_alone ? 1s : 0s);
    plan.rate = rate_;
    plan.timeout = client_.reply_timeout();
    plan.warmup = warmup_;
    plan.spin = spin_;
    const std::size_t threads =
        threads_ ? static_cast<std::size_t>(*threads_) : default_threads(connections());
    plan.threads = std::min(threads, connections());
    plan.first_sequence = static_cast<std::uint64_t>(first_sequence_);
    plan.on_unsent = [this, &subject](std::uint64_t sequence, const net::Error& error) {
        unsent_lines_.add(subject.peer, sequence, error);
    };
    if (prints_replies(plan))
        plan.on_reply = [this, &subject, &stop](const probe::Reply& reply) {
            print_reply(subject, reply);
            if (io_.out.error())
                stop.raise();  // no one would see the rest
        };
    return plan;
}

bool Measuring::prints_replies(const probe::MeasurePlan& plan) const {
    return !client_.common.quiet && connections_ == 1 && rate_ == 0 &&
           plan.interval >= min_printed_interval;
}

void Measuring::print_reply(const Subject& subject, const probe::Reply& reply) const {
    if (client_.common.json) {
        auto json = report::event(client_.tool, "reply");
        json.set("seq", reply.sequence)
            .set("rtt_ns", reply.rtt ? report::Json(reply.rtt->count()) : report::Json())
            .set("bytes", reply.bytes);
        if (!reply.objection.empty())
            json.set("wrong", reply.objection);
        if (reply.from)
            json.set("from", reply.from->to_string());
        io_.out.print("{}\n", json.set("target", subject.target).to_string());
    } else {
        const std::string from = reply.from ? reply.from->to_string() : subject.peer;
        io_.out.print("{}\n", report::to_text(report::ReplyLine{reply.bytes, from, reply.sequence,
                                                                reply.rtt, reply.objection}));
    }
    io_.out.flush();
}

// The parameters needed to repeat the run.
Measuring::Parameters Measuring::parameters(const Subject& subject,
                                            const probe::MeasurePlan& plan) const {
    const auto if_any = [](std::chrono::nanoseconds time, const char* otherwise) {
        return time.count() > 0 ? net::format_duration(time) : otherwise;
    };
    return {{"started", format_utc(started_)},
            {"address", subject.peer},
            {client_.transport == net::Transport::tcp ? "connections" : "sockets",
             std::to_string(connections())},
            {"threads", std::to_string(plan.threads)},
            {"payload", report::counted(size_, "byte")},
            {"count", plan.count > 0 ? std::to_string(plan.count) : "no limit"},
            {"time", if_any(plan.time, "no limit")},
            {"rate", plan.rate > 0 ? fmt::format("{:.0f} messages per second", plan.rate) : "none"},
            {"interval", if_any(plan.interval, "none")},
            {"timeout", net::format_duration(plan.timeout)},
            {"warm-up", if_any(plan.warmup, "none")},
            {"sockbox", SOCKBOX_VERSION}};
}

// There is no progress line if replies are printed to a terminal: they show the progress.
WatchOptions Measuring::watch_options(const probe::MeasurePlan& plan, std::size_t subjects) const {
    WatchOptions options;
    options.json = client_.common.json;
    options.live = !client_.common.quiet && !(prints_replies(plan) && io_.out.is_terminal());
    options.between = report_interval_;
    options.count = plan.count * subjects;
    options.time = plan.time.count() > 0 ? plan.time + plan.warmup : plan.time;
    return options;
}

void Measuring::prepare(const std::vector<std::string>& targets, stats::Phase phase, bool live,
                        const std::function<void(std::size_t)>& work) {
    probe::Measured nothing;
    nothing.phase = phase;
    const auto tell = [&] {
        for (const std::string& target : targets)
            print_interim(io_.out, report_of({target, {}, {}, {}}, nothing), client_.common.json);
    };
    const std::string whom =
        targets.size() == 1 ? targets.front() : report::counted(targets.size(), "server");
    const std::string preposition = phase == stats::Phase::connecting ? "to " : "";
    const ElapsedLine line(io_.err, live,
                           fmt::format("{} {}{}", report::to_text(phase), preposition, whom),
                           {tell, report_interval_});
    at_once(targets.size(), work);
}

void Measuring::note_unmeasured(const std::string& target, const net::Error& error) {
    auto& report = unmeasured_.emplace_back();
    report.tool = client_.tool;
    report.target = target;
    report.failure = error.message();
}

std::optional<int> Measuring::catch_interrupts() {
    if (stop_)
        return std::nullopt;
    auto stop = net::StopSignal::create();
    if (!stop)
        return client_.fail(io_, stop.error(), exit_refused);
    stop_.emplace(std::move(*stop));
    interrupts_.emplace(io_, *stop_, CaughtInterrupts::patient);
    return std::nullopt;
}

int Measuring::fail_interrupted(const std::string& target) const {
    return client_.fail(io_,
                        {net::platform::error_of(std::errc::operation_canceled),
                         "measure",
                         target,
                         "interrupted before the first message",
                         {}},
                        status_of_interrupt(), target);
}

int Measuring::run(const std::vector<Subject>& subjects, int before) {
    if (subjects.empty())
        return write_files({}, before);
    if (const auto status = catch_interrupts())
        return *status;
    std::vector<probe::MeasurePlan> plans;
    for (const Subject& subject : subjects)
        plans.push_back(plan(subject, *stop_));
    std::optional<ParallelRuns> runs;
    auto metrics = metrics_.open([&] { return collect(subjects, *runs); }, {});
    if (!metrics)
        return client_.fail(io_, metrics.error(), exit_refused);
    if (*metrics)
        confinement_.enter(io_, client_, {html_, hgrm_});
    runs.emplace(subjects, plans, connections(), *stop_);
    if (*metrics) {
        if (!client_.common.quiet)
            announce_metrics(**metrics, client_.tool, client_.common.json, io_);
        io_.out.flush();
        if (const auto started = (*metrics)->start(); !started)
            print_error(io_, client_.tool, started.error());  // the measurement does not need it
    }
    const WatchOptions options = watch_options(plans.front(), subjects.size());
    Watch(
        io_, *runs, *stop_, options,
        [&](std::size_t index, const probe::Measured& measured) {
            return report_of(subjects[index], measured);
        },
        [&] { return unsent_lines_.take(client_.tool); })
        .run();
    if (is_interrupted() && !options.live)
        end_line_of_interrupt();
    auto reports = conclude(subjects, plans, *runs, before);
    io_.out.flush();
    // Opening a FIFO may block; a signal then ends the process at once.
    if (!is_interrupted() && !(html_.empty() && hgrm_.empty()))
        interrupts_.reset();
    return write_files(std::move(reports), before);
}

MetricFamilies Measuring::collect(const std::vector<Subject>& subjects, ParallelRuns& runs) const {
    std::vector<report::MeasurementReport> reports;
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        reports.push_back(report_of(subjects[i], runs.so_far(i)));
        // The names of metrics do not depend on how the command was started.
        reports.back().tool = client_.transport == net::Transport::udp ? "udpecho" : "echo";
    }
    return report::to_metrics(reports);
}

report::MeasurementReport Measuring::report_of(const Subject& subject,
                                               const probe::Measured& measured) const {
    report::MeasurementReport report;
    report.tool = client_.tool;
    report.target = subject.target;
    report.datagrams = client_.transport == net::Transport::udp;
    report.phase = measured.phase;
    report.numbers = measured.numbers;
    report.numbers.open_loop = is_open_loop();
    report.errors = measured.errors;
    report.responders = measured.responders;
    report.verbose = client_.common.verbose;
    report.colored = !client_.common.json && client_.common.colored(io_.out);
    const bool unsent_apart = is_asserted("unsent");
    for (const probe::Assertion& assertion : assertions_) {
        const auto verdict = assertion.judge(measured.numbers, unsent_apart);
        report.verdicts.push_back(
            {verdict.expression, verdict.value, verdict.unit, verdict.shown, verdict.ok});
    }
    return report;
}

std::vector<report::MeasurementReport> Measuring::conclude(
    const std::vector<Subject>& subjects, const std::vector<probe::MeasurePlan>& plans,
    const ParallelRuns& runs, int& status) const {
    std::vector<report::MeasurementReport> reports;
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        const auto& outcome = runs.outcome(i);
        if (!outcome) {
            client_.fail(io_, outcome.error(), exit_refused, subjects[i].target);
            status = std::max<int>(status, exit_refused);
            continue;
        }
        auto& report = reports.emplace_back(report_of(subjects[i], *outcome));
        report.parameters = parameters(subjects[i], plans[i]);
        io_.out.write(client_.common.json ? report::to_json(report).to_string() + '\n'
                                          : report::to_text(report));
        if (plot_)
            io_.out.write(
                report::plot(report.numbers, net::platform::terminal_columns(io_.out.file())));
        print_hint(subjects[i], report.numbers);
        status = std::max<int>(status, is_good(report) ? exit_ok : exit_mismatch);
    }
    return reports;
}

// A terminal shows Ctrl-C as "^C", after which the summary would continue the line. A progress line
// is erased together with it.
void Measuring::end_line_of_interrupt() const {
    if (io_.out.is_terminal())
        io_.out.write("\n");
    else if (io_.err.is_terminal())
        io_.err.write("\n");
}

bool Measuring::is_asserted(std::string_view name) const {
    return std::ranges::any_of(
        assertions_, [&](const probe::Assertion& assertion) { return assertion.is_about(name); });
}

void Measuring::print_hint(const Subject& subject, const stats::Measurement& numbers) const {
    if (!subject.hint.empty() && numbers.received == 0 && numbers.undelivered > 0)
        io_.err.print("{}: hint: {} does not answer; {}\n", client_.tool, subject.peer,
                      subject.hint);
}

// Because TCP is reliable, a single lost or wrong echo is a failure; with UDP, loss is normal.
// What is not the echo is a failure with both, unless an assertion is to judge it.
bool Measuring::is_good(const report::MeasurementReport& report) const {
    const stats::Measurement& numbers = report.numbers;
    const bool judged = is_asserted("mismatched") || is_asserted("corrupted");
    if ((numbers.mismatched > 0 && !judged) || numbers.surplus_bytes > 0)
        return false;
    if (!assertions_.empty())
        return std::ranges::all_of(report.verdicts, &report::Verdict::ok);
    const bool undecided = numbers.pending > 0 && !report.datagrams;
    // An interrupt before the first message, or in the warm-up, leaves nothing that could be lost.
    const bool unbegun = is_interrupted() && numbers.sent == 0 && numbers.unsent == 0;
    if (numbers.received == 0 && !undecided && !unbegun)
        return false;
    return report.datagrams || (numbers.lost == 0 && numbers.unsent == 0 && report.errors.empty());
}

int Measuring::write_files(std::vector<report::MeasurementReport> reports, int status) const {
    net::Status written;
    if (!hgrm_.empty() && !reports.empty())
        written =
            write_whole(hgrm_, report::to_hgrm(reports.front().numbers.rtt), "write", io_.out);
    reports.insert(reports.end(), unmeasured_.begin(), unmeasured_.end());
    if (written && !html_.empty())
        written = write_whole(html_, report::to_html(reports), "write", io_.out);
    if (!written) {
        print_error(io_, client_.tool, written.error());
        status = exit_output;
    }
    return finish(io_, client_.tool, status);
}

}  // namespace sockbox::tools
