// Connects the bulk flows with the measurements before, beside and after them.
#include "tools/client/load.h"

#include <array>

#include "probe/load/load_ramp.h"
#include "report/counted.h"
#include "system/hint.h"
#include "tools/front/progress.h"

namespace sockbox::tools {
namespace {

constexpr std::int64_t max_flows = 1024;

// Returns false if `stop` was raised before.
bool pause(std::chrono::nanoseconds time, const net::StopSignal& stop) {
    std::array wait{net::PollEntry{stop.waitable(), POLLIN, 0}};
    const auto until = net::deadline_in(time);
    while (!stop.raised() && net::Clock::now() < until)
        (void)net::poll_precisely(wait,
                                  std::max<std::chrono::nanoseconds>(until - net::Clock::now(),
                                                                     std::chrono::nanoseconds(0)));
    return !stop.raised();
}

}  // namespace

void LoadTest::declare(Cli& cli) {
    cli.option("--load", "N", "measure idle, beside N bulk TCP flows, and idle again",
               take_integer(flows_, 1, max_flows));
}

std::string LoadTest::mistake(const Cli& cli, bool is_endless, bool has_many_servers) const {
    if (!is_requested())
        return {};
    for (const char* name :
         {"find-rate", "source-port", "metrics", "metrics-file", "targets", "skip-self"})
        if (cli.given(name))
            return fmt::format("--load and --{} are mutually exclusive", name);
    if (has_many_servers)
        return "--load measures one server";
    if (is_endless)
        return "--load and -c 0 are mutually exclusive";
    return {};
}

net::Result<report::MeasurementReport> LoadTest::run(const Server& server, const Measure& measure,
                                                     const net::StopSignal& stop) const {
    auto idle = measure("idle");
    if (!idle || stop.raised() || idle->numbers.received == 0)
        return idle;
    auto bulk = start_flows(server, stop);
    if (!bulk && stop.raised())
        return idle;
    if (!bulk)
        return net::fail(bulk.error());
    if (const auto ramped = ramp_up(server, **bulk, stop); !ramped)
        return net::fail(ramped.error());
    if (stop.raised())
        return idle;
    report::UnderLoad load;
    load.flows = flows();
    load.idle = std::move(*idle);
    const auto begin = net::Clock::now();
    const std::uint64_t before = (*bulk)->received_bytes();
    auto loaded = measure("under load");
    if (!loaded)
        return loaded;
    const std::chrono::duration<double> elapsed = net::Clock::now() - begin;
    load.bytes_per_s = static_cast<double>((*bulk)->received_bytes() - before) / elapsed.count();
    if (const auto broken = (*bulk)->broken(); broken.flows > 0) {
        load.broken = broken.flows;
        load.reason = broken.first.message();
    }
    bulk->reset();
    const auto longest = loaded->numbers.rtt.summary().max.value_or(std::chrono::nanoseconds(0));
    const bool goes_on = [&] {
        const ElapsedLine line(io_.err, shows_waiting(), "waiting until the load is gone");
        return pause(probe::drain_time(longest), stop);
    }();
    if (goes_on) {
        auto idle_after = measure("idle again");
        if (!idle_after)
            print_error(io_, client_.tool, idle_after.error());
        else if (!stop.raised())
            load.idle_after = std::move(*idle_after);
    }
    loaded->under_load = std::make_shared<const report::UnderLoad>(std::move(load));
    return loaded;
}

// With udpecho, the options of --set are for UDP sockets.
net::Result<std::unique_ptr<probe::BulkFlows>> LoadTest::start_flows(
    const Server& server, const net::StopSignal& stop) const {
    const ElapsedLine line(io_.err, shows_waiting(), "connecting to " + server.target);
    probe::BulkOptions options;
    options.flows = flows();
    options.connect.deadline = net::deadline_in(server.connect_timeout);
    options.connect.source = client_.source;
    options.connect.stop = &stop;
    if (client_.transport == net::Transport::tcp)
        options.connect.prepare = client_.prepare();
    auto flows = probe::BulkFlows::start(server.address, options);
    if (!flows && client_.transport == net::Transport::udp && !stop.raised())
        flows.error().hint = net::hint(net::Hint::load_needs_tcp);
    return flows;
}

net::Status LoadTest::ramp_up(const Server& server, const probe::BulkFlows& flows,
                              const net::StopSignal& stop) const {
    const ElapsedLine line(
        io_.err, shows_waiting(),
        fmt::format("loading the path with {}", report::counted(flows.size(), "TCP flow")));
    probe::LoadRamp ramp;
    while (!ramp.is_over() && pause(probe::LoadRamp::interval, stop))
        ramp.take(flows.sent_bytes(), flows.received_bytes());
    if (flows.received_bytes() > 0 || stop.raised())
        return {};
    const auto broken = flows.broken();
    if (broken.flows > 0)
        return net::fail(broken.first);
    return net::fail({net::platform::error_of(std::errc::timed_out), "load the path to",
                      server.target, "nothing came back on any flow",
                      "a server that serves one connection after the other cannot be loaded"});
}

}  // namespace sockbox::tools
