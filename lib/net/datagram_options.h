// How a UDP socket's datagrams travel: how far, how urgently, whole or in fragments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "net/socket.h"

namespace sockbox::net {

// The TTL or hop limit of what is sent, from 1 to 255.
inline Status set_hop_limit(Socket& socket, Family family, int hops) {
    return family == Family::ipv6 ? socket.set_option(IPPROTO_IPV6, IPV6_UNICAST_HOPS, hops)
                                  : socket.set_option(IPPROTO_IP, IP_TTL, hops);
}

// The differentiated services code point of what is sent, from 0 to 63 (RFC 2474). Fails with
// std::errc::not_supported on Windows, which leaves that to its own policies.
Status set_dscp(Socket& socket, Family family, int dscp);

// Lets it send to broadcast addresses (SO_BROADCAST).
inline Status allow_broadcast(Socket& socket) {
    return socket.set_option(SOL_SOCKET, SO_BROADCAST, 1);
}

// Sends nothing in fragments, and does not keep to what the system has learned of the path, so
// that datagrams up to the interface's MTU probe it. Fails with std::errc::not_supported on
// Windows.
Status forbid_fragments(Socket& socket, Family family);

// The MTU of the interface, or of the path where the system knows, that a connected socket sends
// by; in bytes with all headers. Fails with std::errc::not_supported on Windows.
Result<std::size_t> local_mtu(const Socket& socket, Family family);

// How many datagrams the system dropped because the socket's receive buffer was full; none where
// it does not tell.
std::optional<std::uint32_t> dropped_on_arrival(const Socket& socket) noexcept;

}  // namespace sockbox::net
