// The sockets of a server: TCP and UDP on the same port of every address that it serves.
#pragma once

#include <string>
#include <vector>

#include "net/streams.h"

namespace sockbox::serve {

struct ListenPlan {
    // Where to listen, their ports unused; empty: all addresses, IPv6 and IPv4 by a socket each
    // (IPv6 is left out where the system has none).
    std::vector<net::Endpoint> addresses;
    net::Family family = net::Family::any;  // which of all addresses
    std::uint16_t port = 0;                 // 0: one that is free for all of them
    bool tcp = true;
    bool udp = true;
    net::ListenOptions options;  // `prepare` is for sockets of both kinds
};

struct Listeners {
    std::vector<net::Socket> tcp;
    std::vector<net::Socket> udp;
    std::uint16_t port = 0;
};

// Opens all of them or none. Fails as the first that cannot be had fails.
net::Result<Listeners> open_listeners(const ListenPlan& plan);

// Sets on a socket that another program opened what open_listeners() sets, then calls `prepare`
// (may be empty).
net::Status prepare_listener(net::Socket& socket, net::Transport transport,
                             const net::Prepare& prepare);

}  // namespace sockbox::serve
