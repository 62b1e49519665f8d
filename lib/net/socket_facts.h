// What a socket is and where it stands: kind, state, addresses.
#pragma once

#include <optional>
#include <string>

#include "net/socket_kind.h"

namespace sockbox::net {

struct SocketFacts {
    SocketKind kind;
    std::string state;  // "LISTEN", "ESTABLISHED" …; "UNCONN" for what is neither
    std::string local;  // "127.0.0.1:80", a path, "@name"; empty where it has none
    std::string peer;
    std::optional<std::uint16_t> local_port;  // of IPv4 and IPv6
};

// Asks the socket; changes nothing.
Result<SocketFacts> facts_of(const Socket& socket);

// The addresses of a socket of any family, as text: one definition a platform.
std::string local_name(const Socket& socket);
std::string peer_name(const Socket& socket);

}  // namespace sockbox::net
