// TCP listeners and connections, bound UDP sockets, and sending a whole buffer.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "net/signals.h"
#include "net/socket.h"

namespace sockbox::net {

// Called on a new socket before it binds or connects, to set options. If it fails, so does the
// call.
using Prepare = std::function<Status(Socket&)>;

// How a listener is opened.
struct ListenOptions {
    int backlog = 4096;  // limited by the system (Linux: net.core.somaxconn, listen(2))
    Prepare prepare{};   // may be empty
};

// Opens a TCP listener, or a bound UDP socket, on one address; port 0 selects a free port (see
// Socket::local()). An IPv6 socket is for IPv6 only (IPV6_V6ONLY), so that an IPv4 socket can be
// bound to the same port. A TCP port can be bound again immediately after a restart, and no other
// program can share it (platform::claim_address()).
//
//     auto listener = listen_on(Endpoint::loopback(Family::ipv4));
//     if (!listener)
//         return fail(listener.error());
//     Accepted client = accept(*listener, true);
Result<Socket> listen_on(const Endpoint& endpoint, const ListenOptions& options = {});
Result<Socket> bind_datagram(const Endpoint& endpoint, const Prepare& prepare = {});

// The two halves of listen_on(), for a server that binds all its sockets before it listens on any:
// a bound TCP socket, and listening on it.
Result<Socket> bind_stream(const Endpoint& endpoint, const Prepare& prepare = {});
Status listen_on(Socket& bound, int backlog);

// A hint on how to fix a bind that failed with this code; empty if there is none.
std::string bind_hint(const std::error_code& code, const Endpoint& endpoint);
// Socket::bind(), with that hint in its error, or one for a client.
Status bind_to(Socket& socket, const Endpoint& endpoint);
Status bind_client_to(Socket& socket, const Endpoint& endpoint);

// How a connection is made.
struct ConnectOptions {
    Deadline deadline = no_deadline;   // for the connection
    std::optional<Endpoint> source{};  // bound before connecting
    std::uint16_t source_port = 0;     // likewise; 0: that of `source`, or else any
    Prepare prepare{};                 // may be empty
    const StopSignal* stop = nullptr;  // may be null
};

// Opens a TCP connection; the socket is in blocking mode. Blocks until connected, until the
// deadline (std::errc::timed_out) or until the stop signal is raised
// (std::errc::operation_canceled). If TCP's simultaneous open (RFC 9293, section 3.5) connected the
// socket to itself, which can happen on a local port that nobody listens on, it fails with
// std::errc::connection_refused.
//
//     ConnectOptions options;
//     options.deadline = deadline_in(std::chrono::seconds(5));
//     auto socket = connect_to(endpoint, options);
//     if (!socket)
//         return fail(socket.error());
Result<Socket> connect_to(const Endpoint& endpoint, const ConnectOptions& options = {});

// The two halves of connect_to(), for callers that wait for several connections at once.
// start_connect() returns a non-blocking socket that is connecting, and ignores the deadline and
// stop signal. Call finish_connect() when that socket can send: it returns the outcome, and on
// success puts the socket into blocking mode.
//
//     auto socket = start_connect(endpoint);
//     if (socket && wait_for(*socket, Direction::send, deadline) == Readiness::ready)
//         connected = finish_connect(*socket, endpoint);
Result<Socket> start_connect(const Endpoint& endpoint, const ConnectOptions& options = {});
Status finish_connect(Socket& socket, const Endpoint& endpoint);

// Sends all of `data`, blocking while the peer is slow, until the deadline (std::errc::timed_out)
// or until the stop signal is raised (std::errc::operation_canceled); on a blocking socket neither
// interrupts a send in progress. `*sent` (may be null) is set to the number of bytes sent, also on
// failure.
Status send_all(Socket& socket, std::span<const std::byte> data, Deadline deadline = no_deadline,
                const StopSignal* stop = nullptr, std::size_t* sent = nullptr);

}  // namespace sockbox::net
