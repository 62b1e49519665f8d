// Selecting the sockets that sockopt works on, and opening new and inherited ones.
#pragma once

#include <optional>
#include <string>

#include "inspect/socket_search.h"
#include "net/endpoint.h"

namespace sockbox::tools {

// The sockets selected by command-line options.
struct Selection {
    std::size_t type = 0;  // index into socket_type_names()
    bool typed = false;    // --type was given, so that it also restricts a search
    net::Family family = net::Family::any;
    std::optional<std::int64_t> descriptor;
    std::optional<std::int64_t> pid;
    std::string process;
    std::optional<std::uint16_t> port;  // the local port
    bool listening = false;
    std::string listen;   // "[ADDR:]PORT"
    std::string connect;  // "HOST:PORT"

    // The filter for a search.
    net::SocketFilter filter() const;
    // Whether other processes are searched, so that several sockets may match.
    bool searches() const { return (pid && !descriptor) || !process.empty() || port || listening; }
};

std::vector<std::string> socket_type_names();

// Fails if an option is invalid or if options contradict each other.
net::Status check(const Selection& selection);

// Where a new socket listens or connects; empty if it does neither.
using Destination = std::optional<net::Endpoint>;
// The places to try, in order. A single empty one if the socket neither listens nor connects. May
// block for name resolution.
net::Result<std::vector<Destination>> destinations(const Selection& selection);

// Opens a socket: a new one for `destination`, not yet bound or connected; an inherited one; or one
// descriptor of a process.
net::Result<net::FoundSocket> open_target(const Selection& selection,
                                          const Destination& destination);

// Binds the socket and, if it is not a datagram socket, listens; or connects it. Blocks for up to
// 10 s to connect. Does nothing if `destination` is empty.
net::Status bring_up(net::FoundSocket& target, const Selection& selection,
                     const Destination& destination);

}  // namespace sockbox::tools
