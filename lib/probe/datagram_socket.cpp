// Opens and configures the socket of a UDP client.
#include "probe/datagram_socket.h"

#include "net/datagram_batch.h"
#include "net/datagram_notices.h"
#include "net/datagram_options.h"
#include "net/streams.h"

namespace sockbox::probe {
namespace {

constexpr int wanted_buffer = 4 << 20;  // bytes; the system may grant less (net.core.rmem_max)

net::Status set_up(net::Socket& socket, net::Family family, const DatagramSocketOptions& options) {
    // Absorbs a burst of replies. Failure does no harm: drops are counted (SO_MEMINFO).
    (void)socket.set_option(SOL_SOCKET, SO_RCVBUF, wanted_buffer);
    net::Status done = options.prepare ? options.prepare(socket) : net::Status();
    if (done && options.dscp)
        done = net::set_traffic_class(socket, family, *options.dscp, options.ecn);
    if (done && options.header_fields)
        done = net::DatagramBatch::enable_header_fields(socket);
    if (done && options.hop_limit)
        done = net::set_hop_limit(socket, family, *options.hop_limit);
    if (done && options.broadcast)
        done = net::allow_broadcast(socket);
    if (done && (options.source || options.source_port != 0))
        done = net::bind_client_to(
            socket,
            options.source.value_or(net::Endpoint::any(family)).with_port(options.source_port));
    if (done)
        done = net::enable_icmp_errors(socket, family);
    if (done)
        done = socket.set_blocking(false);
    return done;
}

net::Result<net::Socket> open_socket(net::Family family, const DatagramSocketOptions& options) {
    auto socket = net::Socket::open(family, net::Transport::udp);
    if (!socket)
        return socket;
    if (auto done = set_up(*socket, family, options); !done)
        return net::fail(done.error());
    return socket;
}

tl::unexpected<net::Error> talks_to_itself(const net::Endpoint& endpoint) {
    return net::fail({net::platform::error_of(std::errc::connection_refused),
                      "connect",
                      endpoint.to_string(),
                      "the socket connected to itself: no server listens there",
                      {}});
}

net::Result<DatagramSocket> open_connected(const net::Endpoint& endpoint,
                                           const DatagramSocketOptions& options) {
    auto socket = open_socket(endpoint.family(), options);
    if (!socket)
        return net::fail(socket.error());
    if (const net::Transfer connected = socket->connect(endpoint); connected.failed())
        return net::fail(
            {connected.error, "connect", endpoint.to_string(), {}, net::zone_hint(endpoint)});
    const auto local = socket->local();
    const auto peer = socket->peer();  // for 0.0.0.0 and ::, the loopback address
    if (local && peer && *local == *peer)
        return talks_to_itself(endpoint);
    return DatagramSocket{std::move(*socket), peer.value_or(endpoint), true, false};
}

// Bound to a port at once, so that it is known.
net::Result<DatagramSocket> open_unconnected(const net::Endpoint& peer,
                                             const DatagramSocketOptions& options) {
    auto socket = open_socket(peer.family(), options);
    if (!socket)
        return net::fail(socket.error());
    if (!options.source && options.source_port == 0)
        if (auto bound = socket->bind(net::Endpoint::any(peer.family())); !bound)
            return net::fail(bound.error());
    const auto local = socket->local();
    if (local && local->port() == peer.port() && (options.broadcast || is_own_address(peer)))
        return talks_to_itself(peer);
    return DatagramSocket{std::move(*socket), peer, false, false};
}

net::Result<DatagramSocket> open_one(const net::Endpoint& endpoint,
                                     const DatagramSocketOptions& options) {
    if (options.broadcast)
        return open_unconnected(endpoint, options);
    auto connected = open_connected(endpoint, options);
    if (!connected || options.connected)
        return connected;
    const net::Endpoint peer = connected->peer;
    connected->socket.close();  // its port may be the only one
    return open_unconnected(peer, options);
}

}  // namespace

bool is_own_address(const net::Endpoint& endpoint) {
    return net::bind_datagram(endpoint.unmapped().with_port(0)).has_value();
}

net::Result<DatagramSocket> open_datagram(std::span<const net::Endpoint> endpoints,
                                          const DatagramSocketOptions& options) {
    DatagramSocketOptions unmapped = options;
    if (options.source)
        unmapped.source = options.source->unmapped();
    net::Error latest;
    for (const net::Endpoint& endpoint : endpoints) {
        auto opened = open_one(endpoint.unmapped(), unmapped);
        if (opened)
            return opened;
        latest = opened.error();
    }
    return net::fail(std::move(latest));
}

std::string unexpected_address(const net::Endpoint& from, const net::Endpoint& asked) {
    const bool same_host = from.with_port(0) == asked.with_port(0);
    return "reply from unexpected address " + (same_host ? from.to_string() : from.address());
}

}  // namespace sockbox::probe
