// Opens the sockets of udpecho --listen and serves on them.
#include "tools/udpecho/listen.h"

#include <cstdlib>

#include "net/interfaces.h"
#include "report/color.h"
#include "report/counted.h"
#include "serve/confine/sandbox.h"
#include "serve/datagrams/datagram_echo.h"
#include "serve/systemd.h"
#include "text/text.h"
#include "tools/server/server_process.h"

namespace sockbox::tools {
namespace {

// How long the end waits for a terminal that was stopped, or a pipe that is full.
constexpr std::chrono::seconds output_patience{1};

std::string counts_to_text(const serve::DatagramCounters& counters) {
    return fmt::format("udpecho: {} received, {} answered\n",
                       report::counted(counters.received.value(), "datagram"),
                       counters.answered.value());
}

std::string dropped_to_text(std::uint64_t lines) {
    return fmt::format("udpecho: {} lines dropped\n", lines);
}

MetricFamilies metrics_of(const serve::DatagramCounters& counters) {
    MetricFamilies families;
    add_datagram_metrics(families, "udpecho_", counters);
    return families;
}

}  // namespace

void UdpListen::declare(Cli& cli) {
    cli.group(help::modes);
    cli.flag("--listen", "run as the server, without HOST and PORT", listen_);
    cli.option("-p,--port", "PORT", "with --listen: port (default 3490, STAMP 862)",
               take_port(port_, net::Transport::udp));
    cli.rest();
    cli.repeated("-b,--bind", "ADDRESS", "with --listen: address (default all addresses)",
                 [this](std::string_view text) -> net::Status {
                     bind_.emplace_back(text);
                     return {};
                 });
    confinement_.declare_user(cli);
    cli.option("--port-file", "FILE", "with --listen: write the port number to FILE",
               take_text(port_file_));
    declare_access(cli, options_);
    cli.flag("--no-twamp-light", "with --listen --stamp: ignore packets shorter than 44 bytes",
             no_twamp_light_);
}

std::string UdpListen::mistake(const Cli& cli) const {
    for (const char* name : {"port", "bind", "user", "port-file", "allow", "deny", "udp-rate",
                             "answer-privileged", "answer-own-port", "no-twamp-light"})
        if (!listen_ && cli.given(name))
            return fmt::format("--{} needs --listen", name);
    if (cli.given("no-twamp-light") && !cli.given("stamp"))
        return "--no-twamp-light needs --stamp";
    return cli.exclusion("listen", {"count",         "time",
                                    "interval",      "size",
                                    "connections",   "rate",
                                    "threads",       "warmup",
                                    "find-rate",     "load",
                                    "targets",       "skip-self",
                                    "resolve-every", "metrics-file",
                                    "spin",          "first-seq",
                                    "assert",        "target",
                                    "plot",          "html",
                                    "hgrm",          "report-interval",
                                    "timeout",       "source",
                                    "source-port",   "retries",
                                    "no-verify",     "dscp",
                                    "ecn",           "stamp-request",
                                    "ttl",           "broadcast",
                                    "timestamps",    "connect-timeout"});
}

int UdpListen::run(const Cli& cli) {
    if (!client_.operands.empty())
        return cli.refuse(io_, "--listen takes no HOST and PORT");
    if (const std::string mistake = mistake_in_bind(bind_); !mistake.empty())
        return cli.refuse(io_, mistake);
    if (const auto passed = serve::check_passed_sockets(); !passed)
        return client_.fail(io_, passed.error(), exit_usage);
    const auto user = confinement_.look_up();
    if (!user && user.error().code == std::errc::invalid_argument)
        return cli.refuse(io_, "--user: " + user.error().message());
    if (!user)
        return client_.fail(io_, user.error(), exit_refused);
    confinement_.leave_out_sandbox(cli.given("no-sandbox"));
    about_listeners_ = cli.given_of({"port", "bind", "4", "6"});
    if (stamp_.is_requested() && !cli.given("port"))
        port_ = net::stamp::default_port;
    LineWriter lines(io_.out, {});
    LineWriter notes(io_.err, dropped_to_text);
    const auto served = serve(lines, notes);
    const int status = served ? *served : status_of(served.error());
    if (!lines.finish(output_patience) || !notes.finish(output_patience))
        std::_Exit(status);
    return served ? finish(io_, "udpecho", status) : client_.fail(io_, served.error(), status);
}

void UdpListen::note(LineWriter& notes, std::string_view text) const {
    const bool colored = client_.common.colored(io_.err);
    notes.write(
        fmt::format("udpecho: {}\n", report::painted(colored, report::yellow, net::escape(text))));
}

net::Result<serve::Listeners> UdpListen::find_listeners(LineWriter& notes) const {
    serve::ListenPlan plan;
    plan.family = client_.common.family;
    plan.port = port_;
    plan.tcp = false;
    plan.options.prepare = client_.prepare();
    auto hosts = resolve_hosts({"udpecho", client_.common.json, io_}, bind_, plan.family,
                               net::Transport::udp);
    if (!hosts)
        return net::fail(hosts.error());
    plan.hosts = std::move(*hosts);
    const Note note_it = [&](std::string_view text) { note(notes, text); };
    auto listeners = take_or_open_listeners(plan, about_listeners_, note_it);
    if (listeners && !listeners->tcp.empty())
        return net::fail({std::make_error_code(std::errc::invalid_argument),
                          "serve datagrams",
                          "LISTEN_FDS",
                          "there is a TCP socket among them",
                          {}});
    if (listeners)
        note_listeners(client_.settings, *listeners, note_it);
    return listeners;
}

net::Result<int> UdpListen::serve(LineWriter& lines, LineWriter& notes) {
    auto stop = net::StopSignal::create();
    if (!stop)
        return net::fail(stop.error());
    serve::DatagramCounters counters;
    net::StatusRequests requests([&] { notes.write(counts_to_text(counters)); });
    auto metrics = metrics_.open(
        "udpecho", [&counters] { return metrics_of(counters); },
        [&stop] { return !stop->raised(); });
    if (!metrics)
        return net::fail(metrics.error());
    auto listeners = find_listeners(notes);
    if (!listeners)
        return net::fail(listeners.error());
    ServerProcess process(confinement_, client_.common.verbose,
                          [&](std::string_view text) { note(notes, text); });
    process.prepare(port_file_, listeners->port);
    // Until here a signal ends the process at once: lookups and a FIFO without a reader may block.
    const net::Interrupts interrupts(*stop);
    if (const auto published = process.publish(io_.out); !published)
        return client_.fail(io_, published.error(), exit_output);
    if (stamp_.is_requested())
        if (auto done = reflect(listeners->udp); !done)
            return net::fail(done.error());
    options_.own_addresses = net::local_addresses();
    if (auto dropped = process.drop_rights(); !dropped)
        return net::fail(dropped.error());
    lines.start();  // not earlier, because a thread would keep the rights that it began with
    notes.start();
    if (auto started = requests.start(); !started)
        return net::fail(started.error());
    const std::string ready = announcement(listeners->udp, *metrics);
    process.deny_system_calls(serve::datagrams_alone);
    if (*metrics)
        if (auto started = (*metrics)->start(); !started)
            return net::fail(started.error());
    lines.write(ready);
    process.notify("READY=1");
    const auto served = serve::echo_datagrams(std::move(listeners->udp), options_, counters, *stop);
    ignore_late_signals(io_);  // the rest takes bounded time
    process.notify("STOPPING=1");
    process.finish();
    if (!served)
        return net::fail(served.error());
    if (client_.common.json)
        lines.write(
            set_counts(report::event("udpecho", "result", client_.started), counters).to_string() +
            '\n');
    else if (client_.common.verbose)
        notes.write(counts_to_text(counters));
    return exit_ok;
}

// Replaces echo by STAMP reflection.
net::Status UdpListen::reflect(std::vector<net::Socket>& sockets) {
    for (net::Socket& socket : sockets)
        if (auto done = serve::StampReflector::prepare(socket); !done)
            return done;
    // Session-Senders often use the port of the reflector, 862.
    options_.answer_own_port = options_.answer_own_port || options_.answer_privileged;
    serve::StampReflectorOptions reflection = stamp_.reflector();
    reflection.answers_short = !no_twamp_light_;
    const auto reflector = std::make_shared<serve::StampReflector>(reflection);
    if (const auto local = sockets.front().local())
        reflector->set_port(local->port());
    options_.make_answer = [reflector](net::BatchedDatagram& datagram) {
        return reflector->reflect(datagram);
    };
    return {};
}

// The ready lines, one for each socket.
std::string UdpListen::announcement(const std::vector<net::Socket>& sockets,
                                    const std::optional<serve::StatusEndpoint>& metrics) const {
    Output lines;
    for (const net::Socket& socket : sockets) {
        const auto local = socket.local();
        if (!local || client_.common.quiet)
            continue;
        auto json = report::event("udpecho", "listening");
        json.set("address", local->address()).set("port", local->port()).set("protocol", "udp");
        lines.write(client_.common.json
                        ? json.to_string() + '\n'
                        : fmt::format("listening on {} (udp)\n", local->to_string()));
    }
    if (metrics && !client_.common.quiet)
        announce_metrics(*metrics, "udpecho", client_.common.json, {-1, lines, lines});
    return lines.take();
}

}  // namespace sockbox::tools
