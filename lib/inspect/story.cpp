// The rules by which options, limits and state combine.
#include "inspect/story.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "text/units.h"

namespace sockbox::net {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

std::string to_text(const GiveUp& end) {
    const std::string earliest = format_span(end.earliest);
    const std::string latest = format_span(end.latest);
    return earliest == latest ? latest : fmt::format("{} to {}", earliest, latest);
}

// For which connections the options of this socket hold.
std::string_view scope(const StoryFacts& facts) {
    if (facts.kind.listening)
        return "accepted connections: ";
    return facts.connected ? "" : "once connected: ";
}

StoryLine idle_peer(const StoryFacts& facts) {
    StoryLine line{"dead peer, idle", std::string(scope(facts))};
    if (!facts.tcp->keepalive) {
        line.summary += "never noticed: SO_KEEPALIVE is off";
        return line;
    }
    if (!facts.tcp->probing_known) {
        line.summary += "noticed by keepalive, whose times this platform does not report";
        return line;
    }
    const Keepalive& probing = facts.tcp->probing;
    const GiveUp end = give_up_idle(probing);
    line.after = end.latest;
    const bool limited = probing.user_timeout.count() != 0;
    line.summary +=
        fmt::format("noticed after {}: TCP_KEEPIDLE {} + {}{} x TCP_KEEPINTVL {}", to_text(end),
                    format_span(probing.idle), limited ? "" : "TCP_KEEPCNT ", end.tries,
                    format_span(probing.interval));
    if (limited)
        line.summary += fmt::format(
            ", the first check after TCP_USER_TIMEOUT {}, which replaces "
            "TCP_KEEPCNT",
            format_span(probing.user_timeout));
    return line;
}

// A connection's own timeout, or the shortest one that a new connection can have: its first round
// trip makes it exceed the minimum by at least one tick.
nanoseconds timeout_of(const TcpFacts& tcp) {
    return tcp.timeout.value_or(tcp.limits->min_timeout + tcp.limits->tick);
}

Retransmission retransmission(const TcpFacts& tcp, int retries) {
    const TcpLimits& limits = *tcp.limits;
    Retransmission r;
    r.timeout = timeout_of(tcp);
    r.first =
        limits.loss_probes && tcp.selective_acknowledgements
            ? first_retransmission(r.timeout, tcp.smoothed_rtt, limits.min_timeout, limits.tick)
            : r.timeout;
    r.max_timeout = limits.max_timeout;
    r.retries = retries;
    r.user_timeout = tcp.probing.user_timeout;
    r.tick = limits.tick;
    return r;
}

GiveUp give_up_sending(const TcpFacts& tcp, int retries) {
    Retransmission r = retransmission(tcp, retries);
    GiveUp end = give_up_retransmitting(r);
    if (tcp.limits->may_retry_linearly) {  // depends on the congestion control, too
        r.undoubled = 6;                   // TCP_THIN_LINEAR_RETRIES
        end.earliest = std::min(end.earliest, give_up_retransmitting(r).earliest);
    }
    return end;
}

StoryLine busy_peer(const StoryFacts& facts) {
    const TcpFacts& tcp = *facts.tcp;
    StoryLine line{"dead peer, data in flight", std::string(scope(facts))};
    if (!tcp.limits) {
        line.summary = tcp.unknown;
        return line;
    }
    const TcpLimits& limits = *tcp.limits;
    const GiveUp end = give_up_sending(tcp, limits.retries);
    line.after = end.latest;
    const std::string first = format_span(retransmission(tcp, limits.retries).first);
    line.summary += fmt::format("noticed after {}: ", to_text(end));
    if (tcp.probing.user_timeout.count() != 0)
        line.summary += fmt::format("the first retransmission after {}, then TCP_USER_TIMEOUT {}",
                                    first, format_span(tcp.probing.user_timeout));
    else
        line.summary += fmt::format(
            "{} retransmissions, the first after {}, with a timeout of {} that doubles up to {} "
            "(net.ipv4.tcp_retries2 = {})",
            end.tries, first, format_span(timeout_of(tcp)), format_span(limits.max_timeout),
            limits.retries);
    if (!tcp.timeout)
        line.summary += fmt::format("; a longer path has a longer timeout than {}",
                                    format_span(timeout_of(tcp)));
    return line;
}

StoryLine unanswered_connect(const TcpFacts& tcp) {
    StoryLine line{"unanswered connect", tcp.unknown};
    if (!tcp.limits)
        return line;
    const TcpLimits& limits = *tcp.limits;
    Retransmission r;
    r.first = r.timeout = r.base = 1s;  // TCP_TIMEOUT_INIT
    r.max_timeout = limits.max_timeout;
    r.retries = limits.syn_retries;
    r.user_timeout = tcp.probing.user_timeout;
    r.undoubled = limits.syn_linear_timeouts;
    r.max_tries = limits.syn_retries + limits.syn_linear_timeouts;
    r.since_sent = true;
    r.tick = limits.tick;
    const GiveUp end = give_up_retransmitting(r);
    line.after = end.latest;
    const bool limited = tcp.probing.user_timeout.count() != 0;
    line.summary = fmt::format("fails after {}: {}", to_text(end),
                               limited ? "TCP_USER_TIMEOUT " + format_span(tcp.probing.user_timeout)
                                       : fmt::format("TCP_SYNCNT {}, the SYN repeated {} times",
                                                     limits.syn_retries, end.tries));
    return line;
}

// What becomes of a closed connection, which no longer belongs to a process.
std::string orphan(const TcpFacts& tcp) {
    constexpr int usual_retries = 8;  // tcp_orphan_retries()
    if (!tcp.limits)
        return {};
    const int retries = tcp.limits->orphan_retries;
    const std::string end = to_text(give_up_sending(tcp, retries == 0 ? usual_retries : retries));
    const std::string fin_wait = tcp.limits->fin_wait
                                     ? fmt::format("one that does not close after {} (TCP_LINGER2)",
                                                   format_span(*tcp.limits->fin_wait))
                                     : "FIN_WAIT2 is skipped (TCP_LINGER2)";
    return fmt::format("; a peer that acknowledges nothing is given up after {}, {}", end,
                       fin_wait);
}

StoryLine close_of_tcp(const StoryFacts& facts) {
    const Linger linger = facts.linger.value_or(Linger());
    StoryLine line{"close", {}, 0ns};
    if (facts.kind.listening) {
        line.summary = "returns at once and resets the connections that wait to be accepted";
        return line;
    }
    line.summary = scope(facts);
    if (facts.unread_bytes > 0) {
        line.summary += fmt::format(
            "resets the connection and discards unsent data, because {} received bytes are unread "
            "(RFC 2525, section 2.17)",
            facts.unread_bytes);
        return line;
    }
    if (linger.on && linger.seconds == 0) {
        line.summary += "resets the connection and discards unsent data (SO_LINGER on, 0 s)";
        return line;
    }
    if (linger.on) {
        line.after = std::chrono::seconds(linger.seconds);
        line.summary += fmt::format(
            "waits up to {} until the peer has acknowledged everything "
            "(SO_LINGER); the kernel goes on sending after that",
            format_span(*line.after));
    } else {
        line.summary += "returns at once; the kernel sends what is left";
    }
    line.summary += orphan(*facts.tcp) + "; it is a reset if received data is unread";
    return line;
}

StoryLine small_writes(const StoryFacts& facts) {
    const TcpFacts& tcp = *facts.tcp;
    StoryLine line{"small writes", std::string(scope(facts))};
    if (tcp.cork) {
        line.after = std::max<nanoseconds>(tcp.timeout.value_or(0ns), 200ms);
        line.summary +=
            fmt::format("wait for a full segment, at most {} (TCP_CORK)", format_span(*line.after));
    } else if (tcp.no_delay) {
        line.summary += "leave at once (TCP_NODELAY)";
    } else {
        line.summary +=
            "wait while earlier data is unacknowledged (TCP_NODELAY is off), usually for 40ms to "
            "200ms if the peer delays its acknowledgement";
    }
    if (tcp.quick_ack)
        line.summary += "; its own acknowledgements leave at once for now (TCP_QUICKACK)";
    else if (tcp.limits)
        line.summary += fmt::format(
            "; its own acknowledgements are delayed by {}at most {}",
            tcp.ack_delay.count() != 0 ? format_span(tcp.ack_delay) + ", " : std::string(),
            format_span(tcp.limits->max_ack_delay));
    return line;
}

std::string others_on_windows(const PortFacts& port) {
    if (*port.exclusive)
        return "nobody (SO_EXCLUSIVEADDRUSE)";
    return port.reuse_address
               ? "any socket that sets SO_REUSEADDR too"
               : "a socket of the same user that sets SO_REUSEADDR: SO_EXCLUSIVEADDRUSE is off";
}

std::string others_on_linux(const StoryFacts& facts) {
    const PortFacts& port = *facts.port;
    if (port.reuse_port)
        return fmt::format("sockets of the same user that set SO_REUSEPORT too{}",
                           facts.connected ? ""
                           : facts.tcp     ? "; new connections are spread over them"
                                           : "; datagrams are spread over them");
    if (!facts.tcp)
        return port.reuse_address ? "any socket that sets SO_REUSEADDR too; the last one bound "
                                    "receives what is sent to the port"
                                  : "nobody";
    if (facts.connected)
        return port.reuse_address ? "sockets that set SO_REUSEADDR too; connections to other peers "
                                    "may use it as well"
                                  : "no other bind; connections to other peers may use it as well";
    return port.reuse_address
               ? "nobody while it listens; before and after any socket that sets SO_REUSEADDR too, "
                 "even "
                 "while connections or TIME_WAIT remain"
               : "nobody; after it is closed, bind fails while its connections or TIME_WAIT remain "
                 "(SO_REUSEADDR is off)";
}

StoryLine port_of(const StoryFacts& facts) {
    const PortFacts& port = *facts.port;
    StoryLine line{"who else can take the port", {}};
    if (!port.bound)
        line.summary = "once bound: ";
    line.summary += port.exclusive ? others_on_windows(port) : others_on_linux(facts);
    if (port.bound && !port.any_address)
        line.summary += "; on other addresses, anybody";
    else if (port.ipv6_only)
        line.summary += *port.ipv6_only ? "; with IPv4, anybody (IPV6_V6ONLY)"
                                        : "; the same for IPv4 (IPV6_V6ONLY is off)";
    return line;
}

StoryLine buffer(std::string about, const BufferFacts& facts) {
    StoryLine line{
        std::move(about), fmt::format("{}", fmt::join(facts.story, "; ")), {}, facts.stored};
    if (facts.story.empty())
        line.summary = fmt::format("{} bytes", facts.stored);
    return line;
}

StoryLine accept_queue(const StoryFacts& facts) {
    const ListenerFacts& queues = *facts.listener;
    StoryLine line{"accept queue",
                   fmt::format("{} of {}", queues.accept_queue, queues.max_accept_queue),
                   {},
                   queues.accept_queue};
    line.summary += queues.max_accept_queue == queues.max_backlog
                        ? fmt::format(", limited by net.core.somaxconn = {}", *queues.max_backlog)
                        : ", limited by the backlog of listen";
    if (queues.accept_queue > queues.max_accept_queue)  // the kernel takes one more
        line.summary += !facts.tcp ? "; full: connect blocks, or fails with EAGAIN"
                        : queues.reset_on_overflow
                            ? "; full: new connections are reset (net.ipv4.tcp_abort_on_overflow)"
                            : "; full: new connections wait for the next retransmission";
    if (!facts.tcp)
        return line;
    if (facts.drops)
        line.summary += fmt::format("; {} dropped by this socket", *facts.drops);
    if (queues.overflows && queues.drops)
        line.summary += fmt::format(
            "; all listeners of the network namespace: ListenOverflows = {}, ListenDrops = {}",
            *queues.overflows, *queues.drops);
    return line;
}

StoryLine syn_backlog(const ListenerFacts& queues) {
    StoryLine line{"SYN backlog", {}, {}, queues.max_accept_queue};
    if (queues.syn_cookies) {
        line.summary = fmt::format(
            "up to {} unfinished handshakes, as the accept queue; SYN cookies answer those beyond "
            "(net.ipv4.tcp_syncookies)",
            *line.value);
        return line;
    }
    // tcp_conn_request() keeps a quarter for peers that it has metrics of.
    const std::int64_t for_all = queues.max_syn_backlog - queues.max_syn_backlog / 4;
    line.value = std::min(queues.max_accept_queue, for_all);
    line.summary = fmt::format(
        "up to {} unfinished handshakes, the smaller one of the accept queue and 3/4 of "
        "net.ipv4.tcp_max_syn_backlog = {}; those beyond are dropped (net.ipv4.tcp_syncookies is "
        "off)",
        *line.value, queues.max_syn_backlog);
    return line;
}

// Sockets that are not TCP: what a dead peer and close mean for them.
void add_connectionless(const StoryFacts& facts, std::vector<StoryLine>& story) {
    const bool stream = facts.kind.type == SOCK_STREAM;
    if (facts.kind.family == AF_UNIX) {
        if (facts.kind.type != SOCK_DGRAM)
            story.push_back({"dead peer",
                             "noticed at once: the kernel closes the sockets of a "
                             "process that ends",
                             0ns});
        story.push_back({"close",
                         stream ? "returns at once; what was sent stays readable; the peer "
                                  "gets ECONNRESET if received data is unread"
                                : "returns at once; unread datagrams are discarded",
                         0ns});
    } else if (is_inet(facts.kind) && !stream) {
        story.push_back({"dead peer",
                         "never noticed: datagrams are not acknowledged; a connected "
                         "socket only gets ECONNREFUSED if the peer's system reports "
                         "that the port is closed"});
        story.push_back({"close", "returns at once; unread datagrams are discarded", 0ns});
    }
}

}  // namespace

std::vector<StoryLine> story_of(const StoryFacts& facts) {
    std::vector<StoryLine> story;
    if (facts.tcp) {
        story.push_back(idle_peer(facts));
        story.push_back(busy_peer(facts));
        if (!facts.connected && !facts.kind.listening)
            story.push_back(unanswered_connect(*facts.tcp));
        story.push_back(close_of_tcp(facts));
    } else {
        add_connectionless(facts, story);
    }
    if (facts.port)
        story.push_back(port_of(facts));
    if (facts.receive_buffer) {
        story.push_back(buffer("receive buffer", *facts.receive_buffer));
        const bool datagrams = is_inet(facts.kind) && !facts.tcp;
        if (facts.drops && !facts.listener && (datagrams || *facts.drops > 0))
            story.back().summary += fmt::format("; {} packets dropped", *facts.drops);
    }
    if (facts.send_buffer)
        story.push_back(buffer("send buffer", *facts.send_buffer));
    if (facts.tcp)
        story.push_back(small_writes(facts));
    if (facts.listener) {
        story.push_back(accept_queue(facts));
        if (facts.tcp)
            story.push_back(syn_backlog(*facts.listener));
    } else if (facts.tcp && facts.kind.listening) {
        story.push_back({"accept queue", facts.tcp->unknown});
    }
    return story;
}

}  // namespace sockbox::net
