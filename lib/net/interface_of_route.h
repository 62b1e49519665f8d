// The question to the system's routing table behind route_to().
#pragma once

#include "net/endpoint.h"
#include "system/result.h"

namespace sockbox::net {

// The index of the interface that datagrams from `source` to `destination` would leave by.
Result<unsigned> interface_of_route(const Endpoint& destination, const Endpoint& source);

}  // namespace sockbox::net
