// The options of a measurement, their checks, and the plan that they make.
#include "tools/client/measuring.h"

#include <algorithm>

#include "report/counted.h"
#include "system/host.h"
#include "system/platform.h"
#include "system/processors.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::tools {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t max_messages = 1'000'000'000'000;
constexpr std::int64_t max_connections = 1'000'000;
constexpr std::size_t descriptors_beside = 16;  // standard streams, files, the stop signal
constexpr auto default_time = 10s;
constexpr auto default_time_at_a_rate = 3s;  // of a run of --find-rate
constexpr auto default_time_of_load = 5s;    // of each run of --load

std::size_t default_threads(std::size_t connections) {
    const std::size_t cores = net::usable_processors();
    constexpr std::size_t worth_a_thread = 16;  // with fewer, a thread costs more than it gains
    return std::clamp<std::size_t>(connections / worth_a_thread, 1, cores);
}

}  // namespace

void Measuring::declare(Cli& cli) {
    cli.group(help::measurement);
    cli.option("-c,--count", "N", "measure N round trips; 0: until interrupted",
               take_integer(count_, 0, max_messages));
    cli.option("-t,--time", "DURATION", "measure for this long (default 10s without -c)",
               take_duration(time_));
    cli.option("-i,--interval", "DURATION", "time between sends (default 1s with -c alone)",
               take_duration(interval_));
    const bool datagrams = client_.transport == net::Transport::udp;
    cli.option("-s,--size", "BYTES", "payload size (default 64)",
               take_size(size_, datagrams ? 0 : 1, datagrams ? 65527 : std::uint64_t{64} << 20));
    cli.option("-P,--connections", "N",
               datagrams ? "use N sockets at once" : "use N connections at once",
               take_integer(connections_, 1, max_connections));
    cli.option("--rate", "N", "messages per second in total, on a fixed schedule",
               [this](std::string_view text) {
                   const auto rate = net::parse_integer(text, 0, 100'000'000);
                   if (!rate)
                       return net::Status(net::fail(rate.error()));
                   rate_ = static_cast<double>(*rate);
                   return net::Status();
               });
    cli.rest();
    rate_finder_.declare(cli);
    load_.declare(cli);
    cli.option("--threads", "N", "number of threads (default at most one per core)",
               take_integer(threads_, 1, 1024));
    cli.option("--warmup", "DURATION", "exclude the first DURATION", take_duration(warmup_));
    cli.option("--spin", "DURATION", "poll for this long before sleeping (default 0)",
               take_duration(spin_));
    if (datagrams)
        cli.option("--first-seq", "N", "the first sequence number (default 1)",
                   take_integer(first_sequence_, 0, std::int64_t{1} << 62));
    results_.declare_assertions(cli);
    cli.option("--targets", "FILE", "more servers, from a file that is watched",
               take_text(targets_));
    metrics_.declare(cli);
    results_.declare_files(cli);
    cli.rest();
    confinement_.declare(cli);
    results_.declare_metrics_file(cli);
    cli.option("--report-interval", "DURATION", "print an interim report at this interval",
               take_duration(report_interval_));
    cli.option("--resolve-every", "DURATION",
               "in an endless run (-c 0), look up the names again (default 1m; 0: never)",
               take_duration(resolve_every_));
    cli.flag("--skip-self", "leave out servers with an address of this host", skip_self_);
}

bool Measuring::is_requested(const Cli& cli) const {
    return is_assumed_ || cli.given("count") || cli.given("time") || cli.given("connections") ||
           cli.given("rate") || rate_finder_.is_requested() || load_.is_requested();
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
    if (const auto mistake = client_.mistake_in_ports(cli, is_requested(cli)); !mistake.empty())
        return cli.refuse(io_, mistake);
    if (!is_requested(cli)) {
        std::vector<const char*> names(others);
        names.insert(names.end(),
                     {"interval", "size", "threads", "warmup", "spin", "assert", "target",
                      "targets", "skip-self", "resolve-every", "report-interval", "metrics",
                      "metrics-file", "plot", "html", "hgrm", "no-sandbox"});
        for (const char* name : names)
            if (cli.given(name))
                return cli.refuse(io_, fmt::format("--{} needs one of -c -t -P --rate", name));
        return std::nullopt;
    }
    if (client_.has_message())
        return cli.refuse(io_, "a measurement takes no MESSAGE; -s sets the size of its payload");
    if (time_ && time_->count() == 0)
        return cli.refuse(io_, "--time must be more than 0s");
    if (report_interval_ && report_interval_->count() == 0)
        return cli.refuse(io_, "--report-interval must be more than 0s");
    if (cli.given("no-sandbox") && !cli.given("metrics"))
        return cli.refuse(io_, "--no-sandbox needs --metrics");
    if (cli.given("resolve-every") && !is_endless())
        return cli.refuse(io_, "--resolve-every needs -c 0");
    if (rate_ > 0 && cli.given("interval"))
        return cli.refuse(io_, "--rate and --interval are mutually exclusive");
    const bool has_many = has_file() || client_.others.size() + client_.operands.size() / 2 > 1;
    for (const std::string& mistake : {rate_finder_.mistake(cli, is_endless(), has_many),
                                       load_.mistake(cli, is_endless(), has_many)})
        if (!mistake.empty())
            return cli.refuse(io_, mistake);
    if (const auto status = results_.check(cli, has_many))
        return status;
    if (has_file()) {
        list_.emplace(client_, targets_);
        auto read = list_->read();
        if (!read)
            return client_.fail(io_, read.error(), read.error().code ? exit_refused : exit_usage);
        note_repeated(read->repeated);
        listed_ = std::move(read->added);
    }
    requests_.emplace();
    return std::nullopt;
}

void Measuring::add_listed(std::vector<Target>& targets) {
    for (const Target& target : targets)
        named_.insert(target.text);
    leave_out_named(listed_);
    targets.insert(targets.end(), listed_.begin(), listed_.end());
}

std::optional<int> Measuring::check_descriptors(std::span<const Target> targets) {
    net::platform::raise_descriptor_limit();
    const auto limit = net::descriptor_limit();
    const std::size_t sockets = connections() * targets.size() + load_.flows();
    if (!limit || sockets + descriptors_beside <= *limit)
        return std::nullopt;
    return client_.fail(
        io_,
        {net::platform::error_of(std::errc::too_many_files_open), "open",
         report::counted(sockets, "socket"),
         fmt::format("needs {} descriptors, the limit is {}", sockets + descriptors_beside, *limit),
         "ulimit -n raises it, up to the hard limit"},
        exit_refused, names_of(targets));
}

// More threads than one are worth it only for lanes that send all the time.
std::size_t Measuring::threads(std::size_t subjects) const {
    if (client_.has_port_range() && rate_ == 0)
        return 1;  // the lanes take turns
    const std::size_t lanes = std::max<std::size_t>(connections() * subjects, 1);
    const std::size_t wanted = threads_                       ? static_cast<std::size_t>(*threads_)
                               : plan().interval.count() == 0 ? default_threads(lanes)
                                                              : 1;
    return std::min(wanted, lanes);
}

probe::MeasurePlan Measuring::plan() const {
    probe::MeasurePlan plan;
    plan.count = static_cast<std::uint64_t>(count_.value_or(0));
    const std::chrono::nanoseconds usual = rate_finder_.is_requested() ? default_time_at_a_rate
                                           : load_.is_requested()      ? default_time_of_load
                                                                       : default_time;
    plan.time = time_.value_or(count_ ? 0ns : usual);
    const bool count_alone = count_ && !time_ && connections_ == 1 && rate_ == 0;
    // Messages without a pause would be a load of their own.
    const std::chrono::nanoseconds usual_interval = load_.is_requested() && rate_ == 0 ? 10ms
                                                    : count_alone                      ? 1s
                                                                                       : 0s;
    plan.interval = interval_.value_or(usual_interval);
    plan.verify = !client_.no_verify;
    plan.one_at_a_time = load_.is_requested() && client_.transport == net::Transport::tcp;
    plan.turns = client_.has_port_range() ? connections() : 0;
    plan.rate = rate_;
    plan.timeout = client_.reply_timeout();
    plan.warmup = warmup_;
    plan.first_sequence = static_cast<std::uint64_t>(first_sequence_);
    return plan;
}

Subject Measuring::subject(const Target& target, std::chrono::nanoseconds connect_timeout) const {
    Subject subject;
    subject.target = target.text;
    subject.labels = target.labels;
    subject.is_listed = target.is_listed;
    subject.lanes = connections();
    subject.connect_timeout = connect_timeout;
    if (!is_endless())
        return subject;
    if (const auto address = net::Endpoint::parse(target.host, target.port))
        subject.server = *address;
    else
        subject.name = {target.host,       target.port,     client_.family(),
                        client_.transport, connect_timeout, resolve_every_};
    return subject;
}

}  // namespace sockbox::tools
