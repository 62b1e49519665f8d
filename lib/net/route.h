// Route lookup: the source address and interface that the kernel would use for a destination.
#pragma once

#include <string>

#include "net/endpoint.h"
#include "system/result.h"

namespace sockbox::net {

// The way to a destination.
struct Route {
    Endpoint source;     // with port 0; Source(D) in RFC 6724
    std::string device;  // the interface's name, or its index if it has none
};

// Returns the route that the kernel currently selects for a datagram to `destination`. Sends
// nothing and does not block. Fails as connect(2) does, such as with ENETUNREACH if there is no
// route.
Result<Route> route_to(const Endpoint& destination);

// Returns the source address, with port 0, to which connect(2) would bind a datagram socket for
// `destination`, as a resolver finds it: a broadcast address has none. Sends nothing and does not
// block. Fails as route_to() does.
Result<Endpoint> source_for(const Endpoint& destination);

// The index of the interface through which datagrams from `source` to `destination` are sent.
// Windows ignores `source`.
Result<unsigned> interface_of_route(const Endpoint& destination, const Endpoint& source);

}  // namespace sockbox::net
