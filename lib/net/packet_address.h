// Addresses as packet information (IP_PKTINFO, IPV6_PKTINFO) tells them.
#pragma once

#include "net/endpoint.h"

namespace sockbox::net {

// With port 0.
Endpoint endpoint_of(const in_addr& address) noexcept;

// With port 0, and with its zone where the address means nothing without one.
Endpoint endpoint_of(const in6_pktinfo& info) noexcept;

}  // namespace sockbox::net
