// Opens and configures the socket of a UDP client.
#include "probe/datagram_socket.h"

#include "net/datagram_notices.h"
#include "net/datagram_options.h"

namespace sockbox::probe {
namespace {

constexpr int wanted_buffer = 4 << 20;  // bytes; the system may grant less (net.core.rmem_max)

net::Status set_up(net::Socket& socket, net::Family family, const DatagramSocketOptions& options) {
    // Absorbs a burst of replies. Failure does no harm: drops are counted (SO_MEMINFO).
    (void)socket.set_option(SOL_SOCKET, SO_RCVBUF, wanted_buffer);
    net::Status done = options.prepare ? options.prepare(socket) : net::Status();
    if (done && options.dscp)
        done = net::set_dscp(socket, family, *options.dscp);
    if (done && options.hop_limit)
        done = net::set_hop_limit(socket, family, *options.hop_limit);
    if (done && options.broadcast)
        done = net::allow_broadcast(socket);
    if (done && options.source)
        done = socket.bind(*options.source);
    if (done)
        done = net::enable_icmp_errors(socket, family);
    if (done)
        done = socket.set_blocking(false);
    return done;
}

net::Result<net::Socket> open_one(const net::Endpoint& endpoint,
                                  const DatagramSocketOptions& options) {
    auto socket = net::Socket::open(endpoint.family(), net::Transport::udp);
    if (!socket)
        return socket;
    if (auto done = set_up(*socket, endpoint.family(), options); !done)
        return net::fail(done.error());
    if (options.broadcast)
        return socket;
    if (const net::Transfer connected = socket->connect(endpoint); connected.failed())
        return net::fail(
            {connected.error, "connect", endpoint.to_string(), {}, net::zone_hint(endpoint)});
    return socket;
}

}  // namespace

net::Result<DatagramSocket> open_datagram(std::span<const net::Endpoint> endpoints,
                                          const DatagramSocketOptions& options) {
    net::Error latest;
    for (const net::Endpoint& endpoint : endpoints) {
        auto socket = open_one(endpoint, options);
        if (socket)
            return DatagramSocket{std::move(*socket), endpoint};
        latest = socket.error();
    }
    return net::fail(std::move(latest));
}

}  // namespace sockbox::probe
