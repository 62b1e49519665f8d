// TCP above single calls: a listener on an address, a connection to one, and sending all of a
// buffer.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "net/signals.h"
#include "net/socket.h"

namespace sockbox::net {

// Sets up a new socket before it binds or connects, such as with the options a user asked for.
using Prepare = std::function<Status(Socket&)>;

struct ListenOptions {
    int backlog = 4096;  // the system clamps it (Linux: net.core.somaxconn)
    Prepare prepare{};   // may be empty
};

// A TCP listener, or a bound UDP socket, on one address. An IPv6 socket takes IPv6 alone
// (IPV6_V6ONLY), so that an IPv4 socket can stand beside it on the same port. The port is taken
// again at once after a restart, and no other program can share it.
Result<Socket> listen_on(const Endpoint& endpoint, const ListenOptions& options = {});
Result<Socket> bind_datagram(const Endpoint& endpoint, const Prepare& prepare = {});

// The usual cure of a bind that failed so; empty when there is none.
std::string bind_hint(const std::error_code& code, const Endpoint& endpoint);

struct ConnectOptions {
    Deadline deadline = no_deadline;
    std::optional<Endpoint> source{};  // bound before connecting
    Prepare prepare{};                 // may be empty
    const StopSignal* stop = nullptr;
};

// A connected TCP socket, in blocking mode. Waits for the connection at most until the deadline
// (std::errc::timed_out) or the stop signal (std::errc::operation_canceled). A connection that
// TCP's simultaneous open made with itself is refused (std::errc::connection_refused).
Result<Socket> connect_to(const Endpoint& endpoint, const ConnectOptions& options = {});

// The two halves of connect_to, for who waits for several connections at once. The first returns a
// non-blocking socket whose connect is under way; its deadline and stop are not looked at. The
// second, called when that socket can send, tells the outcome; the socket is blocking from then on.
Result<Socket> start_connect(const Endpoint& endpoint, const ConnectOptions& options = {});
Status finish_connect(Socket& socket, const Endpoint& endpoint);

// Sends all of `data`, waiting where the peer is slow, at most until the deadline or the stop
// signal; on a blocking socket a send under way is not cut short by either. On failure `*sent` (may
// be null) tells how far it came.
Status send_all(Socket& socket, std::span<const std::byte> data, Deadline deadline = no_deadline,
                const StopSignal* stop = nullptr, std::size_t* sent = nullptr);

}  // namespace sockbox::net
