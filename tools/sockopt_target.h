// The sockets that sockopt works on: new, inherited, or held by other processes.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "net/process.h"
#include "net/socket_facts.h"
#include "report/json.h"

namespace sockbox::tools {

// Which sockets, as the command line says.
struct Selection {
    std::size_t type = 0;  // of a new socket: an index of socket_type_names()
    net::Family family = net::Family::any;
    std::optional<std::int64_t> descriptor;
    std::optional<std::int64_t> pid;
    std::string process;
    std::string port;
    bool listening = false;
    std::string listen;   // "[ADDR:]PORT"
    std::string connect;  // "HOST:PORT"

    // Whether other processes are searched, and so several sockets may fit.
    bool searches() const {
        return (pid && !descriptor) || !process.empty() || !port.empty() || listening;
    }
};

std::vector<std::string> socket_type_names();

// A mistake in how its parts go together.
net::Status check(const Selection& selection);

struct ChosenSocket {
    net::Socket socket;
    net::SocketFacts facts;
    std::optional<int> descriptor;  // where it is somebody's
    std::optional<int> pid;
    std::string process;
    bool other_namespace = false;
};

// "nginx[812] fd 6 tcp LISTEN 0.0.0.0:443".
std::string heading(const ChosenSocket& target);
report::Json json_of(const ChosenSocket& target);

// Where a new socket is to listen or to connect, in the order to try; one empty entry where it does
// neither. May ask the resolver.
using Place = std::optional<net::Endpoint>;
net::Result<std::vector<Place>> places(const Selection& selection);

// A new socket for that place, not yet bound or connected; an inherited one; or one descriptor of a
// process.
net::Result<ChosenSocket> open_target(const Selection& selection, const Place& place);

// Binds and listens, or connects, as the selection says; waits up to ten seconds for a connection.
net::Status bring_up(ChosenSocket& target, const Selection& selection, const Place& place);

// How a search went.
struct Search {
    std::size_t found = 0;
    std::size_t closed_to_us = 0;       // processes that we may not look into
    std::optional<net::Error> cut_off;  // why it ended early: the process went away
};

// Hands each fitting socket of other processes to `use`, one at a time: none stays open for longer
// than that, and memory does not grow with their number. Fails when the one process that was named
// cannot be looked into.
net::Result<Search> search(const Selection& selection,
                           const std::function<void(ChosenSocket&)>& use);

}  // namespace sockbox::tools
