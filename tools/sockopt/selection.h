// Which sockets a command line of sockopt names, and new and inherited ones.
#pragma once

#include <optional>
#include <string>

#include "inspect/socket_search.h"
#include "net/endpoint.h"

namespace sockbox::tools {

// Which sockets, as the command line says.
struct Selection {
    std::size_t type = 0;  // an index of socket_type_names()
    bool typed = false;    // whether it was asked for, and so narrows a search down, too
    net::Family family = net::Family::any;
    std::optional<std::int64_t> descriptor;
    std::optional<std::int64_t> pid;
    std::string process;
    std::optional<std::uint16_t> port;  // the local one
    bool listening = false;
    std::string listen;   // "[ADDR:]PORT"
    std::string connect;  // "HOST:PORT"

    // What is searched for in other processes.
    net::SocketFilter filter() const;
    // Whether other processes are searched, and so several sockets may fit.
    bool searches() const { return (pid && !descriptor) || !process.empty() || port || listening; }
};

std::vector<std::string> socket_type_names();

// A mistake in its parts, or in how they go together.
net::Status check(const Selection& selection);

// Where a new socket is to listen or to connect, in the order to try; one empty entry where it does
// neither. May ask the resolver.
using Place = std::optional<net::Endpoint>;
net::Result<std::vector<Place>> places(const Selection& selection);

// A new socket for that place, not yet bound or connected; an inherited one; or one descriptor of a
// process.
net::Result<net::ChosenSocket> open_target(const Selection& selection, const Place& place);

// Binds and listens, or connects, as the selection says; waits up to ten seconds for a connection.
net::Status bring_up(net::ChosenSocket& target, const Selection& selection, const Place& place);

}  // namespace sockbox::tools
