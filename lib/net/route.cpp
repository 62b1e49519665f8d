// Finds the source address by connecting a datagram socket, and the interface by a route lookup.
#include "net/route.h"

#include "net/interfaces.h"
#include "net/socket.h"

namespace sockbox::net {

namespace {

// Connects the socket and returns the source address that it got.
Result<Endpoint> connect_to_find_source(Socket& socket, const Endpoint& destination) {
    // Any port except 0, which some systems refuse. Connecting a datagram socket sends nothing.
    const Endpoint target = destination.port() == 0 ? destination.with_port(9) : destination;
    if (const Transfer connected = socket.connect(target); !connected.done())
        return fail({connected.error, "route to", destination.address(), {}, zone_hint(target)});
    const auto source = socket.local();
    if (!source)
        return fail(source.error());
    return source->with_port(0);
}

}  // namespace

Result<Endpoint> source_for(const Endpoint& destination) {
    auto socket = Socket::open(destination.family(), Transport::udp);
    if (!socket)
        return fail(socket.error());
    return connect_to_find_source(*socket, destination);
}

Result<Route> route_to(const Endpoint& destination) {
    auto socket = Socket::open(destination.family(), Transport::udp);
    if (!socket)
        return fail(socket.error());
    // Without this, Linux refuses a broadcast address.
    if (auto done = socket->set_option(SOL_SOCKET, SO_BROADCAST, 1); !done)
        return fail(done.error());
    const auto source = connect_to_find_source(*socket, destination);
    if (!source)
        return fail(source.error());
    const auto index = interface_of_route(destination, *source);
    if (!index)
        return fail(index.error());
    const std::string name = interface_name(*index);
    return Route{*source, name.empty() ? std::to_string(*index) : name};
}

}  // namespace sockbox::net
