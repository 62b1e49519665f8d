// The kernel's list of sockets, filtered by port or state without opening each socket.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "inspect/socket_facts.h"
#include "system/result.h"

namespace sockbox::net {

// A socket of the kernel's list.
struct ListedSocket {
    std::uint64_t inode = 0;   // the same as inode_of()
    std::uint64_t cookie = 0;  // the same as cookie_of()
    SocketFacts facts;         // kind, state and addresses
    std::uint32_t user = 0;    // the owner's user ID
};

// Both conditions must hold.
struct ListingFilter {
    std::optional<std::uint16_t> port;  // the local port
    bool listening = false;             // listening, or a bound datagram socket without a peer
};

// Calls `use` for each matching TCP, UDP, UDP-Lite and SCTP socket of the calling thread's network
// namespace that is open in some process; listening UNIX sockets are included if only `listening`
// is set. May call `use` for a socket twice, because a list that changed while it was read is read
// again. Memory does not grow with the number of sockets. Linux only (sock_diag(7)); fails
// elsewhere, and on kernels built without it.
Status list_sockets(const ListingFilter& filter,
                    const std::function<void(const ListedSocket&)>& use);

}  // namespace sockbox::net
