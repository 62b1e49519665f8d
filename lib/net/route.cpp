// Finds the source address by connecting a datagram socket, and the interface by a route lookup.
#include "net/route.h"

#include "net/interfaces.h"
#include "net/socket.h"

namespace sockbox::net {

Result<Route> route_to(const Endpoint& destination) {
    auto socket = Socket::open(destination.family(), Transport::udp);
    if (!socket)
        return fail(socket.error());
    // Without this, Linux refuses a broadcast address.
    if (auto done = socket->set_option(SOL_SOCKET, SO_BROADCAST, 1); !done)
        return fail(done.error());
    // Any port except 0, which some systems refuse. Connecting a datagram socket sends nothing.
    const Endpoint target = destination.with_port(9);
    if (const Transfer connected = socket->connect(target); !connected.done())
        return fail({connected.error, "route to", destination.address(), {}, zone_hint(target)});
    const auto source = socket->local();
    if (!source)
        return fail(source.error());
    const auto index = interface_of_route(destination, *source);
    if (!index)
        return fail(index.error());
    const std::string name = interface_name(*index);
    return Route{source->with_port(0), name.empty() ? std::to_string(*index) : name};
}

}  // namespace sockbox::net
