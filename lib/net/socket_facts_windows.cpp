// Addresses on Windows: IPv4 and IPv6.
#include "net/socket_facts.h"

namespace sockbox::net {

std::string local_name(const Socket& socket) {
    const auto endpoint = socket.local();
    return endpoint ? endpoint->to_string() : std::string();
}

std::string peer_name(const Socket& socket) {
    const auto endpoint = socket.peer();
    return endpoint ? endpoint->to_string() : std::string();
}

}  // namespace sockbox::net
