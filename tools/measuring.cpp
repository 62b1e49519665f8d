// Measuring: the options, the run with its interrupt, and the report.
#include "tools/measuring.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <thread>

#include "net/descriptors.h"
#include "net/platform.h"
#include "net/stop.h"
#include "net/units.h"
#include "report/measurement.h"
#include "report/plot.h"
#include "tools/terminal.h"

namespace sockbox::tools {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t most_messages = 1'000'000'000'000;
constexpr std::int64_t most_connections = 1'000'000;
constexpr std::size_t descriptors_beside = 16;  // standard streams, files, the stop signal
constexpr auto default_time = 10s;
constexpr auto least_printed_interval = 10ms;
constexpr auto default_timeout = 2s;

std::size_t default_threads(std::size_t connections) {
    const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
    constexpr std::size_t worth_a_thread = 16;  // below, the threads cost more than they bring
    return std::clamp<std::size_t>(connections / worth_a_thread, 1, cores);
}

}  // namespace

void Measuring::declare(Cli& cli) {
    cli.option("-c,--count", "N", "measure so many round trips; 0: until interrupted",
               take_integer(count_, 0, most_messages));
    cli.option("-t,--time", "DURATION", "measure for so long (default 10s without -c)",
               take_duration(time_));
    cli.option("-i,--interval", "DURATION",
               "between sends; 0: the next once the last came back (default 1s with -c alone)",
               take_duration(interval_));
    const bool datagrams = client_.transport == net::Transport::udp;
    cli.option("-s,--size", "BYTES", "payload (default 64)",
               take_size(size_, datagrams ? 0 : 1, datagrams ? 65527 : std::uint64_t{64} << 20));
    cli.option("-P,--connections", "N",
               datagrams ? "so many sockets at once" : "so many connections at once",
               take_integer(connections_, 1, most_connections));
    cli.option("--rate", "N", "messages a second over all, on a schedule that waits for nobody",
               [this](std::string_view text) {
                   const auto rate = net::parse_integer(text, 0, 100'000'000);
                   if (!rate)
                       return net::Status(net::fail(rate.error()));
                   rate_ = static_cast<double>(*rate);
                   return net::Status();
               });
    cli.option("--threads", "N", "at most one a core by default", take_integer(threads_, 1, 1024));
    cli.option("--warmup", "DURATION", "not counted", take_duration(warmup_));
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
    cli.flag("--plot", "draw the histogram and the course over time", plot_);
    cli.option("--hgrm", "FILE", "write the percentiles as HdrHistogram's plotter reads them",
               take_text(hgrm_));
}

bool Measuring::is_wanted(const Cli& cli) const {
    return cli.given("count") || cli.given("time") || cli.given("connections") || cli.given("rate");
}

std::optional<int> Measuring::check(const Cli& cli) {
    if (!is_wanted(cli)) {
        for (const char* name : {"interval", "size", "threads", "warmup", "assert", "plot", "hgrm"})
            if (cli.given(name))
                return cli.refuse(io_, fmt::format("--{} needs one of -c -t -P --rate", name));
        return std::nullopt;
    }
    if (client_.has_message())
        return cli.refuse(io_, "a message cannot be measured: it has a size (-s) of its own");
    if (time_ && time_->count() == 0)
        return cli.refuse(io_, "--time: nothing is measured in 0s");
    if (client_.timeout && client_.timeout->count() == 0)
        return cli.refuse(io_, "--timeout: no reply comes within 0s");
    if (plot_ && client_.common.json)
        return cli.refuse(io_, "--plot and --json exclude each other");
    if (rate_ > 0 && cli.given("interval"))
        return cli.refuse(io_, "--rate and --interval exclude each other");
    net::platform::raise_descriptor_limit();
    const auto limit = net::descriptor_limit();
    if (limit && connections() + descriptors_beside > *limit) {
        return client_.fail(io_,
                            {net::platform::error_of(std::errc::too_many_files_open), "open",
                             fmt::format("{} sockets", connections()),
                             fmt::format("needs {} descriptors, the limit is {}",
                                         connections() + descriptors_beside, *limit),
                             "ulimit -n raises it, as far as the hard limit goes"},
                            exit_refused);
    }
    return std::nullopt;
}

probe::MeasurePlan Measuring::plan(const std::string& peer) const {
    probe::MeasurePlan plan;
    plan.count = static_cast<std::uint64_t>(count_.value_or(0));
    plan.time = time_.value_or(count_ ? std::chrono::nanoseconds(0) : default_time);
    const bool count_alone = count_ && !time_ && connections_ == 1 && rate_ == 0;
    plan.interval = interval_.value_or(count_alone ? 1s : 0s);
    plan.rate = rate_;
    plan.timeout = client_.timeout.value_or(default_timeout);
    plan.warmup = warmup_;
    const std::size_t threads =
        threads_ ? static_cast<std::size_t>(*threads_) : default_threads(connections());
    plan.threads = std::min(threads, connections());
    plan.first_sequence = static_cast<std::uint64_t>(first_sequence_);
    if (prints_replies() && plan.interval >= least_printed_interval)
        plan.on_reply = [this, peer](const probe::Reply& reply) { print_reply(peer, reply); };
    return plan;
}

bool Measuring::prints_replies() const {
    return !client_.common.quiet && connections_ == 1 && rate_ == 0;
}

void Measuring::print_reply(const std::string& peer, const probe::Reply& reply) const {
    if (client_.common.json) {
        auto json = report::event(client_.tool, "reply");
        json.set("seq", reply.sequence).set("rtt_ns", reply.rtt.count()).set("bytes", reply.bytes);
        io_.out.print("{}\n", json.to_string());
    } else {
        io_.out.print("{}\n", report::reply_line(reply.bytes, peer, reply.sequence, reply.rtt));
    }
    io_.out.flush();
}

int Measuring::run(const Target& target, const std::string& peer,
                   const probe::MakeLane& make_lane) {
    auto first = net::StopSignal::create();
    auto second = net::StopSignal::create();
    if (!first || !second)
        return client_.fail(io_, first ? second.error() : first.error(), exit_refused);
    const probe::MeasurePlan what = plan(peer);
    const net::Interrupts interrupts(*first, *second);
    const auto measured = probe::measure(what, connections(), make_lane, *first);
    if (!measured)
        return client_.fail(io_, measured.error(), exit_refused);
    return report(target, *measured);
}

int Measuring::report(const Target& target, const probe::Measured& measured) const {
    report::MeasurementReport report;
    report.tool = client_.tool;
    report.target = target.text;
    report.datagrams = client_.transport == net::Transport::udp;
    report.numbers = measured.numbers;
    report.errors = measured.errors;
    bool kept = true;
    for (const probe::Assertion& assertion : assertions_) {
        const auto verdict = assertion.judge(measured.numbers);
        kept = kept && verdict.ok;
        report.verdicts.push_back({verdict.expression, verdict.value, verdict.shown, verdict.ok});
    }
    io_.out.write(client_.common.json ? report::to_json(report).to_string() + '\n'
                                      : report::to_text(report));
    if (plot_)
        io_.out.write(report::plot(measured.numbers, terminal_columns(io_.out)));
    if (!hgrm_.empty())
        if (const auto written = write_hgrm(measured); !written) {
            complain(io_, client_.tool, written.error());
            return finish(io_, client_.tool, exit_output);
        }
    const bool good = assertions_.empty() ? is_good(measured) : kept;
    return finish(io_, client_.tool, good ? exit_ok : exit_mismatch);
}

// TCP keeps its word, so one lost or wrong echo is a failure; of datagrams some may be lost.
bool Measuring::is_good(const probe::Measured& measured) const {
    const stats::Measurement& numbers = measured.numbers;
    if (numbers.mismatched > 0 || (numbers.received == 0 && numbers.pending == 0))
        return false;
    return client_.transport == net::Transport::udp ||
           (numbers.lost == 0 && numbers.unsent == 0 && measured.errors.empty());
}

net::Status Measuring::write_hgrm(const probe::Measured& measured) const {
    const auto failed = [this] {
        return net::fail({{errno, std::generic_category()}, "write", hgrm_, {}, {}});
    };
    std::FILE* file = std::fopen(hgrm_.c_str(), "wb");
    if (file == nullptr)
        return failed();
    const std::string text = report::to_hgrm(measured.numbers.rtt);
    const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    if (std::fclose(file) != 0 || !written)
        return failed();
    return {};
}

}  // namespace sockbox::tools
