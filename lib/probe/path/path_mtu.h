// Path MTU discovery with unfragmented UDP datagrams (RFC 1191, RFC 8201, RFC 8899).
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "net/signals.h"
#include "probe/datagram_socket.h"
#include "probe/reply_timeout.h"

namespace sockbox::probe {

struct PathMtuOptions {
    std::chrono::nanoseconds timeout{default_reply_timeout};  // for each try
    unsigned tries = 3;                                       // before a size counts as lost
    net::Family family = net::Family::ipv4;
    std::size_t local_mtu = 0;                   // of the interface, as net::local_mtu() returns it
    std::optional<net::Endpoint> destination{};  // for an unconnected socket
};

// A node that forwards no packet larger than `mtu` bytes, IP header included.
struct MtuLimit {
    std::size_t mtu;
    std::optional<net::Endpoint> sender;  // nullopt: this host
};

// The outcome of a search. Sizes are in bytes; those of packets include the IP header.
struct PathMtu {
    // nullopt if no datagram was answered or the search was interrupted.
    std::optional<std::size_t> mtu;
    std::size_t at_least = 0;      // the largest size answered; 0 if none
    std::size_t payload = 0;       // the largest UDP payload that fits into `mtu`
    std::vector<MtuLimit> limits;  // in the order in which they were reported
    bool black_hole = false;       // larger packets vanish without an ICMP message
    std::size_t sent = 0;
    std::size_t answered = 0;
    // Echoes from other addresses than the server's, the first of which ends the search.
    std::size_t misdirected = 0;
    std::optional<net::Endpoint> from{};  // of the latest one
    bool interrupted = false;
};

// The bytes of the IP and UDP headers, and the minimum MTU of the family: 68 for IPv4 (RFC 791),
// 1280 for IPv6 (RFC 8200).
std::size_t header_bytes(net::Family family);
std::size_t min_mtu(net::Family family);

// Searches for the largest packet that reaches the echo server at the other end of `socket`, which
// comes from open_datagram() with net::forbid_fragments() applied. Sends one probe at a time: a
// router that reports its MTU shortens the search to a few probes, silence costs a binary search
// with all tries for each size. Blocks until the search ends or `stop` is raised. Fails if the
// system refuses to send, or the server's host refuses the datagrams.
//
//     auto opened = open_datagram(endpoints, {});
//     PathMtuOptions options;
//     options.family = opened->peer.family();
//     if (auto done = net::forbid_fragments(opened->socket, options.family); !done)
//         return net::fail(done.error());
//     options.local_mtu = *net::local_mtu(opened->socket, options.family);
//     const auto found = find_path_mtu(opened->socket, options, stop);
//     if (found && found->mtu)
//         fmt::print("{} bytes\n", *found->mtu);
net::Result<PathMtu> find_path_mtu(net::Socket& socket, const PathMtuOptions& options,
                                   const net::StopSignal& stop);

}  // namespace sockbox::probe
