// What is told of a datagram that went to an echo server, as text and as an exit status.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "net/endpoint.h"
#include "probe/exchange.h"

namespace sockbox::tools {

// A datagram as it was sent: its length, to whom, and for how long each try waited.
struct SentDatagram {
    std::size_t bytes = 0;
    net::Endpoint peer;
    std::chrono::nanoseconds timeout{};
};

// Why it was not answered as it should; `which` stands in front, "line 3: " or nothing. An empty
// action where there is nothing to tell.
net::Error explain(const probe::Exchanged& done, const SentDatagram& sent,
                   const std::string& which);

// What the length fields of IPv4 and UDP, or of IPv6's payload and UDP, leave for a datagram.
unsigned most_payload(const net::Endpoint& peer);

}  // namespace sockbox::tools
