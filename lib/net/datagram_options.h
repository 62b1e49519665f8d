// Options of a UDP socket that determine how its datagrams are sent: hop limit, DSCP,
// fragmentation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "net/socket.h"

namespace sockbox::net {

// Sets the TTL or hop limit of datagrams sent, to one host or by multicast, from 1 to 255.
inline Status set_hop_limit(Socket& socket, Family family, int hops) {
    const bool v6 = family == Family::ipv6;
    auto set = v6 ? socket.set_option(IPPROTO_IPV6, IPV6_UNICAST_HOPS, hops)
                  : socket.set_option(IPPROTO_IP, IP_TTL, hops);
    if (!set)
        return set;
    return v6 ? socket.set_option(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hops)
              : socket.set_option(IPPROTO_IP, IP_MULTICAST_TTL, hops);
}

// Sets the differentiated services code point of datagrams sent, from 0 to 63 (RFC 2474), and their
// ECN bits, from 0 to 3 (RFC 3168). Fails with std::errc::not_supported on Windows, where only
// policies set it.
Status set_traffic_class(Socket& socket, Family family, int dscp, int ecn);

// Allows sending to broadcast addresses (SO_BROADCAST).
inline Status allow_broadcast(Socket& socket) {
    return socket.set_option(SOL_SOCKET, SO_BROADCAST, 1);
}

// Forbids fragmentation and ignores the known path MTU, so that datagrams up to the interface's MTU
// can probe the path (IP_PMTUDISC_PROBE in ip(7)). Larger ones fail with std::errc::message_size.
// Fails with std::errc::not_supported on Windows.
Status forbid_fragments(Socket& socket, Family family);

// The path MTU of a connected socket if the system knows it, otherwise the interface's MTU; in
// bytes, including all headers (IP_MTU in ip(7)). Fails with std::errc::not_supported on Windows.
Result<std::size_t> local_mtu(const Socket& socket, Family family);

// The number of datagrams dropped since the socket was opened because its receive buffer was full
// (SO_MEMINFO, Linux 4.12); nullopt if the system does not report it.
std::optional<std::uint32_t> dropped_on_arrival(const Socket& socket) noexcept;

}  // namespace sockbox::net
