// The names of interfaces, which are IPv6 zones, and their addresses.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "net/endpoint.h"

namespace sockbox::net {

// The name of an interface of this thread's network namespace, safe to print; empty if there is
// none.
std::string interface_name(std::uint32_t index);

// The names of all interfaces of this thread's network namespace, safe to print; empty if they
// cannot be found, and on Windows.
std::vector<std::string> interface_names();

// Looks up the names of all interfaces for a process that will be in a sandbox, in which the system
// no longer reports them: interface_name() then returns the name that an interface has now. Call it
// before other threads start. Does nothing on Windows.
void remember_interfaces();

// The addresses that this host has now, with port 0; empty if they cannot be found, and on Windows.
std::vector<Endpoint> local_addresses();

}  // namespace sockbox::net
