// How the kernel would send to an address: from which of its own, through which interface.
#pragma once

#include <string>

#include "net/endpoint.h"
#include "system/result.h"

namespace sockbox::net {

struct Route {
    Endpoint source;     // with port 0; what RFC 6724 calls Source(D)
    std::string device;  // its name, or its index where it has none
};

// The choice that the kernel makes now for a datagram to `destination`. Sends nothing. Fails as
// connect(2) does, with ENETUNREACH where there is no route.
Result<Route> route_to(const Endpoint& destination);

// The index of the interface that datagrams from `source` to `destination` would leave by.
Result<unsigned> interface_of_route(const Endpoint& destination, const Endpoint& source);

}  // namespace sockbox::net
