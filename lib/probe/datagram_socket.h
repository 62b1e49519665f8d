// The socket of a UDP client: opened, set up and connected, with nothing sent yet.
#pragma once

#include <optional>
#include <span>

#include "net/socket.h"
#include "net/streams.h"

namespace sockbox::probe {

struct DatagramSocketOptions {
    std::optional<net::Endpoint> source{};  // bound to it
    net::Prepare prepare{};                 // may be empty
    std::optional<int> dscp{};              // 0 to 63
    std::optional<int> hop_limit{};         // 1 to 255
    bool broadcast = false;                 // may send to one; takes replies from anybody
};

struct DatagramSocket {
    net::Socket socket;
    net::Endpoint peer;
};

// A non-blocking UDP socket that is told of ICMP errors, connected to the first of the addresses
// that it has a way to; for a broadcast it is not connected. Fails as the last address did.
net::Result<DatagramSocket> open_datagram(std::span<const net::Endpoint> endpoints,
                                          const DatagramSocketOptions& options);

}  // namespace sockbox::probe
