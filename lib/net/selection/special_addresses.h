// What the IANA registries reserve addresses for.
#pragma once

#include <string>

#include "net/endpoint.h"

namespace sockbox::net {

// The special purpose of an address and the prefix that gives it, such as "documentation
// (2001:db8::/32)", with the IPv4 address that is embedded in it: "NAT64 (64:ff9b::/96), for
// 192.0.2.1". Empty if it is an ordinary address. From IANA's special-purpose address registries
// for IPv4 and IPv6 (RFC 6890), multicast and site-local addresses (RFC 5771, RFC 4291), and
// deprecated IPv4-compatible ones.
std::string special_purpose(const Endpoint& address);

}  // namespace sockbox::net
