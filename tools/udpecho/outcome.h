// Error messages for a datagram sent to an echo server.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>

#include "net/endpoint.h"
#include "probe/exchange.h"
#include "stats/tally.h"

namespace sockbox::tools {

struct SentDatagram {
    std::size_t bytes = 0;
    net::Endpoint peer;
    std::chrono::nanoseconds timeout{};    // of each try
    std::span<const net::Endpoint> all{};  // addresses of the server's name
};

// A hint that names another address than `used`, which does not answer; empty if there is none.
std::string hint_of_others(std::span<const net::Endpoint> endpoints, const net::Endpoint& used);

// Explains why a datagram had no correct reply; the action of the result is empty if it had one or
// was interrupted. `which` begins the message: "line 3: ", or empty.
net::Error explain(const probe::Exchanged& done, const SentDatagram& sent,
                   const std::string& which);

// The kind of failure for the `errors` of a result. The datagram was lost or could not be sent.
stats::Failure kind_of(const probe::Exchanged& done, const SentDatagram& sent);

// The maximum payload of a datagram in bytes, as limited by the length fields of IPv4 or UDP.
unsigned max_payload(const net::Endpoint& peer);

}  // namespace sockbox::tools
