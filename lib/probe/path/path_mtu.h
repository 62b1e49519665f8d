// Path MTU discovery by datagrams that may not be fragmented (RFC 1191, RFC 8201, RFC 8899): which
// sizes reach an echo server, and who says so of those that do not.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "net/signals.h"
#include "probe/datagram_socket.h"

namespace sockbox::probe {

struct PathMtuOptions {
    std::chrono::nanoseconds timeout{std::chrono::seconds(2)};  // for each try
    unsigned tries = 3;                                         // before a size counts as lost
    net::Family family = net::Family::ipv4;
};

// Somebody who passes on no more than `mtu` bytes, headers included.
struct MtuLimit {
    std::size_t mtu;
    std::optional<net::Endpoint> sender;  // none: this host
};

struct PathMtu {
    // None where not even the smallest datagram was answered, or before the search was over.
    std::optional<std::size_t> mtu;
    std::size_t at_least = 0;      // the largest that was answered; 0: none was
    std::size_t payload = 0;       // of a UDP datagram of the MTU's size
    std::vector<MtuLimit> limits;  // in the order in which they were met
    bool black_hole = false;       // larger ones vanish without an ICMP message
    std::size_t sent = 0;
    std::size_t answered = 0;
    bool interrupted = false;
};

// Bytes of IP and UDP headers, and the MTU that every path has.
std::size_t header_bytes(net::Family family);
std::size_t least_mtu(net::Family family);

// `socket` is one of open_datagram() with net::forbid_fragments(). Sends one probe after the other;
// routers that tell their MTU end the search at once, silent ones cost a binary search with all
// tries. Blocks until then, or until `stop` is raised. Fails where the system refuses to send.
net::Result<PathMtu> find_path_mtu(net::Socket& socket, const PathMtuOptions& options,
                                   const net::StopSignal& stop);

}  // namespace sockbox::probe
