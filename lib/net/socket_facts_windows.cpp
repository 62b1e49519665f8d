// Addresses on Windows: IPv4 and IPv6.
#include "net/socket_facts.h"

namespace sockbox::net {

void add_addresses(const Socket& socket, SocketFacts& facts) {
    if (const auto local = socket.local()) {
        facts.local = local->to_string();
        facts.local_port = local->port();
    }
    if (const auto peer = socket.peer())
        facts.peer = peer->to_string();
}

std::uint64_t other_namespace_of(const Socket&) {
    return 0;
}

}  // namespace sockbox::net
