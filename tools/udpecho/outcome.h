// Error messages for a datagram sent to an echo server.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "net/endpoint.h"
#include "probe/exchange.h"

namespace sockbox::tools {

struct SentDatagram {
    std::size_t bytes = 0;
    net::Endpoint peer;
    std::chrono::nanoseconds timeout{};  // of each try
};

// Explains why a datagram had no correct reply; the action of the result is empty if it had one or
// was interrupted. `which` begins the message: "line 3: ", or empty.
net::Error explain(const probe::Exchanged& done, const SentDatagram& sent,
                   const std::string& which);

// The maximum payload of a datagram in bytes, as limited by the length fields of IPv4 or UDP.
unsigned max_payload(const net::Endpoint& peer);

}  // namespace sockbox::tools
