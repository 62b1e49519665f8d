// The sockets that sockopt works on: new, inherited, or held by other processes.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "inspect/process.h"
#include "inspect/socket_facts.h"
#include "report/json.h"

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

    // Whether other processes are searched, and so several sockets may fit.
    bool searches() const { return (pid && !descriptor) || !process.empty() || port || listening; }
};

std::vector<std::string> socket_type_names();

// A mistake in its parts, or in how they go together.
net::Status check(const Selection& selection);

// Whether a socket that was found is of the family and the type that were asked for.
bool fits(const Selection& selection, const net::SocketKind& kind);

struct ChosenSocket {
    net::Socket socket;  // none where nobody who holds it may be looked into: the facts are all
    net::SocketFacts facts;
    std::optional<int> descriptor;  // where it is somebody's
    std::shared_ptr<const net::HostProcess> process;
    std::uint64_t inode = 0;            // of a process's socket
    std::optional<std::uint32_t> user;  // the owner, where no process is known
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

// The socket that is this descriptor of a process.
net::Result<ChosenSocket> target_in(const std::shared_ptr<const net::HostProcess>& process,
                                    int descriptor);

// Fails where the process's descriptor is no longer this socket: what comes after it, perhaps by
// chance of the number, is not to be changed.
net::Status check_identity(const ChosenSocket& target);

}  // namespace sockbox::tools
