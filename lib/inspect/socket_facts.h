// Facts about a socket: kind, state and addresses.
#pragma once

#include <optional>
#include <string>

#include "net/endpoint.h"
#include "option/socket_kind.h"
#include "option/value.h"

namespace sockbox::net {

// What identifies a socket to a user.
struct SocketFacts {
    SocketKind kind;  // family, type and protocol
    // The TCP state on Linux; otherwise "LISTEN", "ESTABLISHED" (has a peer) or "UNCONN".
    std::string state;
    std::string local;  // "127.0.0.1:80", a path, "@name" (abstract), escaped; empty if unnamed
    std::string peer;   // likewise
    std::optional<Endpoint> local_address;  // IPv4 and IPv6 only, and so is peer_address
    std::optional<Endpoint> peer_address;
    // Nonzero if the socket is in another network namespace than this process, so that interfaces
    // and defaults differ: the cookie of that namespace. Always 0 before Linux 5.14.
    std::uint64_t other_namespace = 0;
    Bytes
        tcp_info;  // the bytes of TCP_INFO from which `state` was taken; empty if not a TCP socket
};

// The local port; nullopt if it is neither an IPv4 nor an IPv6 socket.
inline std::optional<std::uint16_t> local_port(const SocketFacts& facts) {
    return facts.local_address ? std::optional(facts.local_address->port()) : std::nullopt;
}

// Queries the socket with as few system calls as possible. Does not block and changes nothing.
Result<SocketFacts> facts_of(const Socket& socket);

}  // namespace sockbox::net
