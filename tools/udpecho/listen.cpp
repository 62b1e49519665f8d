// Opens the sockets of udpecho --listen and serves on them.
#include "tools/udpecho/listen.h"

#include <cstdlib>

#include "net/interfaces.h"
#include "net/resolver.h"
#include "report/color.h"
#include "serve/datagrams/datagram_echo.h"
#include "tools/front/whole_file.h"
#include "tools/server/line_writer.h"
#include "tools/server/server.h"

namespace sockbox::tools {
namespace {

// How long the end waits for a terminal that was stopped, or a pipe that is full.
constexpr std::chrono::seconds output_patience{1};

std::string counts_to_text(const serve::DatagramCounters& counters) {
    return fmt::format("udpecho: {} datagrams received, {} answered\n", counters.received.value(),
                       counters.answered.value());
}

std::string dropped_to_text(std::uint64_t lines) {
    return fmt::format("udpecho: {} lines dropped\n", lines);
}

void note_left_out(const serve::Listeners& listeners, bool colored, Io io) {
    for (const net::Error& missing : listeners.left_out)
        io.err.print(
            "udpecho: {}\n",
            report::painted(colored, report::yellow,
                            missing.message() + "; listening on the other addresses of this host"));
}

MetricFamilies metrics_of(const serve::DatagramCounters& counters) {
    MetricFamilies families;
    add_datagram_metrics(families, "udpecho_", counters);
    return families;
}

}  // namespace

void UdpListen::declare(Cli& cli) {
    cli.flag("--listen", "run as the server, without HOST and PORT", listen_);
    cli.option("-p,--port", "PORT",
               "with --listen: port (default 3490, with --stamp 862; 0: any free port)",
               take_port(port_, net::Transport::udp));
    cli.repeated("-b,--bind", "ADDRESS", "with --listen: address (default all addresses)",
                 [this](std::string_view text) {
                     auto host = net::check_host(text);
                     if (!host)
                         return net::Status(net::fail(host.error()));
                     bind_.push_back(std::move(*host));
                     return net::Status();
                 });
    cli.option("--port-file", "FILE", "with --listen: write the port number to FILE",
               take_text(port_file_));
    declare_access(cli, options_);
    cli.flag("--no-twamp-light", "with --listen --stamp: ignore packets shorter than 44 bytes",
             no_twamp_light_);
}

std::string UdpListen::mistake(const Cli& cli) const {
    for (const char* name : {"port", "bind", "port-file", "allow", "deny", "udp-rate",
                             "answer-privileged", "answer-own-port", "no-twamp-light"})
        if (!listen_ && cli.given(name))
            return fmt::format("--{} needs --listen", name);
    for (const char* name : {"count",          "time",      "interval",  "size",
                             "connections",    "rate",      "threads",   "warmup",
                             "spin",           "first-seq", "assert",    "target",
                             "plot",           "html",      "hgrm",      "report-interval",
                             "timeout",        "source",    "retries",   "no-verify",
                             "dscp",           "ttl",       "broadcast", "timestamps",
                             "connect-timeout"})
        if (listen_ && cli.given(name))
            return fmt::format("--listen and --{} are mutually exclusive", name);
    return {};
}

int UdpListen::run(const Cli& cli) {
    if (!client_.operands.empty())
        return cli.refuse(io_, "--listen takes no HOST and PORT");
    if (stamp_.is_requested() && !cli.given("port"))
        port_ = net::stamp::default_port;
    return serve();
}

net::Result<serve::ListenPlan> UdpListen::plan() const {
    serve::ListenPlan made;
    made.family = client_.common.family;
    made.port = port_;
    made.tcp = false;
    made.options.prepare = client_.prepare();
    for (const std::string& host : bind_) {
        const auto found = resolve_to_bind("udpecho", host, made.family, net::Transport::udp,
                                           client_.common.json, io_);
        if (!found)
            return net::fail(found.error());
        made.hosts.push_back(*found);
    }
    return made;
}

int UdpListen::serve() {
    const auto planned = plan();
    if (!planned)
        return client_.fail(io_, planned.error(), status_of(planned.error()));
    auto stop = net::StopSignal::create();
    if (!stop)
        return client_.fail(io_, stop.error(), exit_refused);
    serve::DatagramCounters counters;
    LineWriter lines(io_.out, {});
    LineWriter notes(io_.err, dropped_to_text);
    std::optional<net::StatusRequests> requests(std::in_place,
                                                [&] { notes.write(counts_to_text(counters)); });
    auto listeners = serve::open_listeners(*planned);
    if (!listeners)
        return client_.fail(io_, listeners.error(), exit_refused);
    note_left_out(*listeners, client_.common.colored(io_.err), io_);
    PortFile port_file;
    auto written =
        port_file_.empty() ? net::Status() : port_file.prepare(port_file_, listeners->port);
    // Until here a signal ends the process at once: lookups and a FIFO without a reader may block.
    const net::Interrupts interrupts(*stop);
    if (written)
        written = port_file.publish(io_.out);
    if (!written)
        return client_.fail(io_, written.error(), exit_output);
    if (const auto started = requests->start(); !started)
        return client_.fail(io_, started.error(), exit_refused);
    auto metrics = metrics_.open([&counters] { return metrics_of(counters); }, {});
    if (!metrics)
        return client_.fail(io_, metrics.error(), exit_refused);
    lines.write(announcement(listeners->udp, *metrics));
    if (*metrics)
        if (const auto started = (*metrics)->start(); !started)
            return client_.fail(io_, started.error(), exit_refused);
    if (stamp_.is_requested())
        if (const auto done = reflect(listeners->udp); !done)
            return client_.fail(io_, done.error(), exit_refused);
    options_.own_addresses = net::local_addresses();
    lines.start();
    notes.start();
    const auto served = serve::echo_datagrams(std::move(listeners->udp), options_, counters, *stop);
    ignore_late_signals(io_);  // the rest takes bounded time
    if (served && client_.common.json)
        lines.write(set_counts(report::event("udpecho", "result"), counters).to_string() + '\n');
    else if (served && client_.common.verbose)
        notes.write(counts_to_text(counters));
    requests.reset();
    if (!lines.finish(output_patience) || !notes.finish(output_patience))
        std::_Exit(served ? exit_ok : exit_refused);
    if (!served)
        return client_.fail(io_, served.error(), exit_refused);
    return finish(io_, "udpecho", exit_ok);
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
