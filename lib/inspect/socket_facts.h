// What a socket is and where it stands: kind, state, addresses.
#pragma once

#include <optional>
#include <string>

#include "option/socket_kind.h"
#include "option/value.h"

namespace sockbox::net {

struct SocketFacts {
    SocketKind kind;
    std::string state;  // "LISTEN", "ESTABLISHED" …; "UNCONN" for what is neither
    std::string local;  // "127.0.0.1:80", a path, "@name"; empty where it has none
    std::string peer;
    std::optional<std::uint16_t> local_port;  // of IPv4 and IPv6
    // The cookie of its network namespace where that is not this process's, and so interfaces and
    // defaults are others; else 0.
    std::uint64_t other_namespace = 0;
    Bytes tcp_info;  // what TCP_INFO gave, where the state came from it; else none
};

// Asks the socket, as little as it can; changes nothing.
Result<SocketFacts> facts_of(const Socket& socket);

}  // namespace sockbox::net
