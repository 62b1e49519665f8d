// The routers on the way to an echo server: datagrams with a rising TTL or hop limit, and the ICMP
// messages of those at whom it ran out. Needs no privilege where the system has a queue of errors.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "net/datagram_notices.h"
#include "net/signals.h"
#include "probe/datagram_socket.h"

namespace sockbox::probe {

struct TraceOptions {
    unsigned most_hops = 30;
    unsigned tries = 3;  // for each hop
    std::chrono::nanoseconds timeout{std::chrono::seconds(2)};
    std::size_t payload = 24;  // bytes
};

// What came of one try.
struct HopAnswer {
    std::optional<net::Endpoint> sender;  // none: nobody answered in time
    std::chrono::nanoseconds rtt{};
    std::optional<net::IcmpError> error;  // none where the server echoed it
};

struct Hop {
    unsigned distance;  // 1 is the first router
    std::vector<HopAnswer> answers;
};

struct Trace {
    std::vector<Hop> hops;  // up to the server, or to the last that was tried
    bool reached = false;   // the server answered, or refused
    bool interrupted = false;
};

// Opens a socket whose datagrams pass so many routers.
using OpenWithHops = std::function<net::Result<net::Socket>(int hops)>;

// Traces the way to `server`, several hops at once, each try by a socket of its own, so that an
// error belongs to it without a doubt. Blocks until the server is reached, the hops are over or
// `stop` is raised. Fails as `open` does, or with std::errc::not_supported where the system does
// not tell who sent an error.
net::Result<Trace> trace_route(const net::Endpoint& server, const OpenWithHops& open,
                               const TraceOptions& options, const net::StopSignal& stop);

}  // namespace sockbox::probe
