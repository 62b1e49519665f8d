// Tracing the route to an echo server: UDP datagrams with increasing TTLs or hop limits.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "net/datagram_notices.h"
#include "net/signals.h"
#include "probe/datagram_socket.h"
#include "probe/reply_timeout.h"

namespace sockbox::probe {

// ICMP errors are read from the socket's error queue (IP_RECVERR in ip(7)), so no privilege is
// needed.
struct TraceOptions {
    unsigned max_hops = 30;
    unsigned tries = 3;  // for each hop
    std::chrono::nanoseconds timeout{default_reply_timeout};
    std::size_t payload = 24;  // bytes, of UDP payload
};

// The outcome of one try.
struct HopAnswer {
    std::optional<net::Endpoint> sender;  // nullopt: no response in time
    std::chrono::nanoseconds rtt{};       // between the kernel's timestamps, if there are any
    std::optional<net::IcmpError> error;  // nullopt if the datagram was echoed
    bool misdirected = false;             // echoed from another address than the server's
};

struct Hop {
    unsigned distance;  // 1 is the first router
    std::vector<HopAnswer> answers;
};

struct Trace {
    std::vector<Hop> hops;        // up to the server, a refusal, or the last one tried
    bool reached = false;         // the server responded, with an echo or an error
    bool refused = false;         // the last hop's host refuses to forward datagrams to the server
    std::size_t misdirected = 0;  // echoes from other addresses than the server's
    bool interrupted = false;
};

// Opens a UDP socket to the server with this TTL or hop limit.
using OpenWithHops = std::function<net::Result<DatagramSocket>(int hops)>;

// Traces the route to `server`, eight hops at a time, using a socket for each try, so that every
// ICMP error belongs to exactly one try. Blocks until the server is reached or another address
// echoes a datagram in its place, a router refuses to forward, max_hops is exceeded or `stop` is
// raised. Fails with the error of `open`, or with std::errc::not_supported if the system does not
// report the senders of ICMP errors.
//
//     const OpenWithHops open = [&](int hops) {
//         DatagramSocketOptions options;
//         options.hop_limit = hops;
//         options.connected = false;
//         return open_datagram({&server, 1}, options);
//     };
//     const auto trace = trace_route(server, open, {}, stop);
net::Result<Trace> trace_route(const net::Endpoint& server, const OpenWithHops& open,
                               const TraceOptions& options, const net::StopSignal& stop);

}  // namespace sockbox::probe
