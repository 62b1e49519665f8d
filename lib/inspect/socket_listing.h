// The system's own list of sockets: found by port or state without asking each of them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "inspect/socket_facts.h"
#include "system/result.h"

namespace sockbox::net {

struct ListedSocket {
    std::uint64_t inode = 0;  // as HeldSocket has it
    SocketFacts facts;
    std::uint32_t user = 0;  // the owner's number
};

// Which sockets are wanted; both have to hold.
struct ListingFilter {
    std::optional<std::uint16_t> port;  // the local one
    bool listening = false;             // waits for peers: listens, or is bound without a peer
};

// Hands over the sockets of this thread's network namespace that somebody has a descriptor of, TCP,
// UDP, UDP-Lite, SCTP and UNIX ones; memory does not grow with their number. Linux (sock_diag(7));
// fails elsewhere, and where the kernel was built without.
Status list_sockets(const ListingFilter& filter,
                    const std::function<void(const ListedSocket&)>& use);

}  // namespace sockbox::net
