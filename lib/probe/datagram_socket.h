// The socket of a UDP client: opened, configured and connected, with nothing sent yet.
#pragma once

#include <optional>
#include <span>

#include "net/socket.h"
#include "net/streams.h"

namespace sockbox::probe {

struct DatagramSocketOptions {
    std::optional<net::Endpoint> source{};  // bind to this address
    net::Prepare prepare{};                 // called on the new socket first; may be empty
    std::optional<int> dscp{};              // 0 to 63
    std::optional<int> hop_limit{};         // 1 to 255
    bool broadcast = false;  // allow broadcast destinations; the socket stays unconnected
};

struct DatagramSocket {
    net::Socket socket;
    net::Endpoint peer;
};

// Opens a non-blocking UDP socket that reports ICMP errors, connected to the first of the endpoints
// that has a route. With `broadcast` it is left unconnected and accepts replies from any host.
// Sends nothing. Fails with the error of the last endpoint.
net::Result<DatagramSocket> open_datagram(std::span<const net::Endpoint> endpoints,
                                          const DatagramSocketOptions& options);

}  // namespace sockbox::probe
