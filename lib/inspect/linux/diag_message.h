// What a message of sock_diag(7) about an IPv4 or IPv6 socket contains.
#pragma once

#include <linux/inet_diag.h>

#include <cstdint>

#include "inspect/socket_facts.h"

namespace sockbox::net {

// `type` and `protocol` are not in the message itself.
SocketFacts facts_in(const inet_diag_msg& message, int type, int protocol);

// The same as cookie_of() the socket.
inline std::uint64_t cookie_in(const std::uint32_t (&halves)[2]) {
    return std::uint64_t{halves[1]} << 32 | halves[0];
}

}  // namespace sockbox::net
