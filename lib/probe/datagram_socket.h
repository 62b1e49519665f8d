// The socket of a UDP client: opened, configured and connected, with nothing sent yet.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "net/socket.h"
#include "net/streams.h"

namespace sockbox::probe {

struct DatagramSocketOptions {
    std::optional<net::Endpoint> source{};  // bind to this address
    std::uint16_t source_port = 0;          // and to this port; 0: any
    net::Prepare prepare{};                 // called on the new socket first; may be empty
    std::optional<int> dscp{};              // 0 to 63
    int ecn = 0;                            // 0 to 3; only with `dscp`
    bool header_fields = false;             // report the traffic class of what arrives
    std::optional<int> hop_limit{};         // 1 to 255
    bool broadcast = false;  // allow broadcast destinations; implies that it is not connected
    // A connected socket receives from its peer only, and keeps its source address. An unconnected
    // one also receives replies from elsewhere, and sends from a new address when that of this host
    // changes.
    bool connected = true;
};

struct DatagramSocket {
    net::Socket socket;
    net::Endpoint peer;
    bool connected = true;
    // Kernel timestamps are enabled (net::enable_timestamps): of arrivals, and in a closed loop of
    // sends as well.
    bool stamped = false;
};

// Opens a non-blocking UDP socket that reports ICMP errors, for the first of the endpoints that has
// a route. A v4-mapped endpoint is used as the IPv4 address that it contains. Sends nothing. Fails
// with the error of the last endpoint; with std::errc::connection_refused if the socket would talk
// to itself, because the system chose the port of the endpoint for it and no server listens there.
net::Result<DatagramSocket> open_datagram(std::span<const net::Endpoint> endpoints,
                                          const DatagramSocketOptions& options);

// Opens another socket like one that has been in use, to the same or another address of the server.
using ReopenDatagram = std::function<net::Result<DatagramSocket>(const net::Endpoint& server)>;

// Whether this host has the address; its port does not matter.
bool is_own_address(const net::Endpoint& endpoint);

// "reply from unexpected address 192.0.2.1": the answer to a datagram to `asked` came from `from`.
// With the port, if only that differs.
std::string unexpected_address(const net::Endpoint& from, const net::Endpoint& asked);

}  // namespace sockbox::probe
