// The sockets of a server: TCP and UDP on the same port of every address.
#pragma once

#include <string>
#include <vector>

#include "net/streams.h"

namespace sockbox::serve {

struct ListenPlan {
    // Hosts to listen on, each with its addresses, whose ports are ignored. Of several addresses of
    // one host, those that this system does not have are left out. Empty: all addresses, with
    // separate sockets for IPv6 and IPv4.
    std::vector<std::vector<net::Endpoint>> hosts;
    net::Family family = net::Family::any;  // restricts "all addresses" to a family
    std::uint16_t port = 0;                 // 0: any port that is free for all sockets
    bool tcp = true;
    bool udp = true;
    net::ListenOptions options;  // `prepare` applies to TCP and UDP sockets
};

struct Listeners {
    std::vector<net::Socket> tcp;
    std::vector<net::Socket> udp;
    std::uint16_t port = 0;
    std::vector<net::Error> left_out;  // addresses of ListenPlan::hosts
    bool passed = false;               // opened by the parent process, which chose the backlog
};

// Opens all of the sockets or none; none listens before all are bound. Fails with the error of the
// first one that could not be opened.
net::Result<Listeners> open_listeners(const ListenPlan& plan);

// Applies to a socket opened by another program what open_listeners() sets, then calls `prepare`
// (may be empty).
net::Status prepare_listener(net::Socket& socket, net::Transport transport,
                             const net::Prepare& prepare);

}  // namespace sockbox::serve
