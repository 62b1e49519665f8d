// Finds and prints the path MTU and the hops.
#include "tools/udpecho/path.h"

#include "net/datagram_options.h"
#include "tools/front/progress.h"

namespace sockbox::tools {
namespace {

using namespace std::chrono_literals;

report::Json limit_object(const probe::MtuLimit& limit) {
    return report::Json::object()
        .set("mtu_bytes", limit.mtu)
        .set("from", limit.sender ? report::Json(limit.sender->address()) : report::Json());
}

std::string milliseconds(std::chrono::nanoseconds time) {
    return fmt::format("{:.3f} ms", static_cast<double>(time.count()) / 1e6);
}

// The ICMP error of an answer; empty for the normal ones, "time exceeded" and an echo.
std::string remark(const probe::HopAnswer& answer) {
    const int time_exceeded = answer.sender->family() == net::Family::ipv6 ? 3 : 11;
    const bool is_time_exceeded = answer.error && answer.error->type == time_exceeded;
    if (answer.misdirected)
        return "reply from an unexpected address";
    return !answer.error || is_time_exceeded ? "" : net::to_text_with_symbol(*answer.error);
}

// " 1  10.0.1.1  0.052 ms  0.060 ms  *"
std::string hop_line(const probe::Hop& hop) {
    std::string line = fmt::format("{:2d}", hop.distance);
    std::string shown;
    std::string remarks;
    for (const probe::HopAnswer& answer : hop.answers) {
        if (!answer.sender) {
            line += "  *";
            continue;
        }
        if (const std::string sender = answer.sender->address(); sender != shown)
            line += "  " + (shown = sender);
        line += "  " + milliseconds(answer.rtt);
        if (std::string found = remark(answer); !found.empty())
            remarks = std::move(found);
    }
    return line + (remarks.empty() ? "\n" : fmt::format("  ({})\n", remarks));
}

// The error if no MTU was found.
net::Error failure(const probe::PathMtu& found, const net::Endpoint& peer) {
    std::string words = found.interrupted ? "interrupted" : "no datagram was answered";
    if (found.from)
        words = probe::unexpected_address(*found.from, peer);
    const auto code = found.interrupted && !found.from
                          ? net::platform::error_of(std::errc::operation_canceled)
                          : std::error_code();
    return {code, "find the MTU to", peer.to_string(), std::move(words), {}};
}

report::Json hop_object(const probe::Hop& hop) {
    auto answers = report::Json::array();
    for (const probe::HopAnswer& answer : hop.answers) {
        auto object = report::Json::object();
        object.set("from", answer.sender ? report::Json(answer.sender->address()) : report::Json())
            .set("rtt_ns", answer.sender ? report::Json(answer.rtt.count()) : report::Json())
            .set("icmp", answer.error ? report::Json(net::to_text_with_symbol(*answer.error))
                                      : report::Json());
        answers.push(std::move(object));
    }
    return report::Json::object().set("hop", hop.distance).set("answers", std::move(answers));
}

}  // namespace

void PathProbe::declare(Cli& cli) {
    cli.group(help::modes);
    cli.flag("--mtu", "find the path MTU and what limits it", mtu_);
    cli.flag("--trace", "show the hops to the server", trace_);
}

std::string PathProbe::mistake(const Cli& cli) const {
    if (mtu_ && trace_)
        return "--mtu and --trace are mutually exclusive";
    if (std::string mistake =
            cli.exclusion(mtu_ ? "mtu" : "trace",
                          {"broadcast", "stamp", "listen", "target", "timestamps", "retries"});
        !mistake.empty())
        return mistake;
    if (std::string mistake = cli.exclusion("trace", {"ttl", "source-port"}); !mistake.empty())
        return mistake;
    if (is_requested() && client_.has_message())
        return fmt::format("--{} takes no message", mtu_ ? "mtu" : "trace");
    return {};
}

int PathProbe::run(const Target& target, const net::StopSignal& stop) {
    return mtu_ ? find_mtu(target, stop) : trace(target, stop);
}

// The system knows the MTU of a connected socket only, but a reply from elsewhere comes only to one
// that is not.
net::Result<probe::DatagramSocket> PathProbe::open_for_mtu(const Target& target,
                                                           probe::PathMtuOptions& options) const {
    auto connected = datagram_settings_.open(target.endpoints, true);
    if (!connected)
        return connected;
    options.family = connected->peer.family();
    if (const auto done = net::forbid_fragments(connected->socket, options.family); !done)
        return net::fail(done.error());
    const auto local = net::local_mtu(connected->socket, options.family);
    if (!local)
        return net::fail(local.error());
    options.local_mtu = *local;
    connected->socket.close();  // its port may be the only one
    auto opened = datagram_settings_.open(std::span(&connected->peer, 1), false);
    if (!opened)
        return opened;
    if (const auto done = net::forbid_fragments(opened->socket, options.family); !done)
        return net::fail(done.error());
    if (!opened->connected)
        options.destination = opened->peer;
    return opened;
}

int PathProbe::find_mtu(const Target& target, const net::StopSignal& stop) {
    probe::PathMtuOptions options;
    options.timeout = client_.reply_timeout();
    auto opened = open_for_mtu(target, options);
    if (!opened)
        return client_.fail(io_, opened.error(), exit_refused, target.named());
    const auto found = [&] {
        const ElapsedLine line(io_.err, !client_.common.quiet,
                               "finding the path MTU to " + target.text);
        return probe::find_path_mtu(opened->socket, options, stop);
    }();
    if (!found) {
        net::Error error = found.error();
        error.subject = opened->peer.to_string();
        return client_.fail(io_, error, exit_mismatch, {target.text, opened->peer});
    }
    print(*found, target, opened->peer);
    if (!found->mtu)
        print_error(io_, "udpecho", failure(*found, opened->peer));
    if (found->interrupted)
        return finish(io_, "udpecho", status_of_interrupt());
    return finish(io_, "udpecho", found->mtu ? exit_ok : exit_mismatch);
}

void PathProbe::print(const probe::PathMtu& found, const Target& target,
                      const net::Endpoint& peer) const {
    if (client_.common.json) {
        auto limits = report::Json::array();
        for (const probe::MtuLimit& limit : found.limits)
            limits.push(limit_object(limit));
        auto json = client_.result({target.text, peer});
        json.set("mtu_bytes", found.mtu)
            .set("payload_bytes", found.mtu ? report::Json(found.payload) : report::Json())
            .set("at_least_bytes", found.at_least)
            .set("interrupted", found.interrupted)
            .set("limits", std::move(limits))
            .set("black_hole", found.black_hole)
            .set("sent", found.sent)
            .set("received", found.answered)
            .set("misdirected", found.misdirected);
        if (!found.mtu)
            json.set("error", to_json(failure(found, peer)));
        io_.out.print("{}\n", json.to_string());
        return;
    }
    if (client_.common.quiet) {
        if (found.mtu)
            io_.out.print("{}\n", *found.mtu);
        return;
    }
    if (found.mtu)
        io_.out.print("path MTU to {}: {} bytes (UDP payload {})\n", target.text, *found.mtu,
                      found.payload);
    else if (found.at_least > 0)
        io_.out.print("path MTU to {}: {} bytes or more\n", target.text, found.at_least);
    else
        return;
    for (const probe::MtuLimit& limit : found.limits)
        io_.out.print("  {} as reported by {}\n", limit.mtu,
                      limit.sender ? limit.sender->address() : "this host");
    if (found.black_hole)
        io_.out.write("  larger datagrams vanish without an ICMP message: a black hole\n");
}

int PathProbe::trace(const Target& target, const net::StopSignal& stop) {
    // All sockets use the address to which the first one found a route.
    auto first = datagram_settings_.open(target.endpoints, true);
    if (!first)
        return client_.fail(io_, first.error(), exit_refused, target.named());
    const net::Endpoint server = first->peer;
    first->socket.close();
    const auto open = [&](int hops) -> net::Result<probe::DatagramSocket> {
        auto opened = datagram_settings_.open(std::span(&server, 1), false);
        if (!opened)
            return opened;
        if (const auto done = net::set_hop_limit(opened->socket, server.family(), hops); !done)
            return net::fail(done.error());
        return opened;
    };
    probe::TraceOptions options;
    options.timeout = client_.reply_timeout();
    const auto traced = [&] {
        const ElapsedLine line(io_.err, !client_.common.quiet,
                               "tracing the route to " + target.text);
        return probe::trace_route(server, open, options, stop);
    }();
    if (!traced)
        return client_.fail(io_, traced.error(), exit_refused, {target.text, server});
    print(*traced, target, server);
    if (traced->interrupted && !traced->reached)
        return finish(io_, "udpecho", status_of_interrupt());
    return finish(io_, "udpecho", traced->reached ? exit_ok : exit_mismatch);
}

void PathProbe::print(const probe::Trace& trace, const Target& target,
                      const net::Endpoint& peer) const {
    if (client_.common.json) {
        auto hops = report::Json::array();
        for (const probe::Hop& hop : trace.hops)
            hops.push(hop_object(hop));
        auto json = client_.result({target.text, peer});
        json.set("reached", trace.reached)
            .set("refused", trace.refused)
            .set("hops", std::move(hops))
            .set("misdirected", trace.misdirected)
            .set("interrupted", trace.interrupted);
        io_.out.print("{}\n", json.to_string());
        return;
    }
    for (const probe::Hop& hop : trace.hops)
        io_.out.write(hop_line(hop));
    if (!trace.reached)
        io_.out.print("{} was not reached{}\n", target.text,
                      trace.refused       ? ": the last hop refuses to forward to it"
                      : trace.misdirected ? ": another address replied"
                      : trace.interrupted ? " before the interrupt"
                                          : "");
}

}  // namespace sockbox::tools
