// TCP connections to all addresses of a host side by side, to compare them.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "net/endpoint.h"
#include "system/result.h"

namespace sockbox::probe {

// How long it took to connect, or to fail.
struct ConnectTrial {
    std::chrono::nanoseconds elapsed{};
    std::optional<net::Error> error;  // std::errc::timed_out where the time was over
};

// Connects to each endpoint, up to 64 at once, each with that time, and closes at once what was
// connected. In the order of the endpoints.
std::vector<ConnectTrial> connect_to_all(std::span<const net::Endpoint> endpoints,
                                         std::chrono::nanoseconds timeout);

// Which endpoint Happy Eyeballs (RFC 8305, as race_to_connect runs it) would have taken, had each
// attempt gone as it did here; none where none connected.
std::optional<std::size_t> happy_eyeballs_choice(std::span<const net::Endpoint> endpoints,
                                                 std::span<const ConnectTrial> trials);

}  // namespace sockbox::probe
