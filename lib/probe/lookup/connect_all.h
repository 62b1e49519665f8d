// Parallel TCP connections to every address of a host, to compare them.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "net/endpoint.h"
#include "system/result.h"

namespace sockbox::probe {

// One connection attempt and how long it took to succeed or fail.
struct ConnectTrial {
    std::chrono::nanoseconds elapsed{};
    std::optional<net::Error> error;  // std::errc::timed_out after `timeout`
};

// Connects to every endpoint, up to 64 at a time, and closes each connection as soon as it is made.
// `timeout` applies to each attempt. Blocks until all have ended; returns the results in the order
// of the endpoints.
std::vector<ConnectTrial> connect_to_all(std::span<const net::Endpoint> endpoints,
                                         std::chrono::nanoseconds timeout);

// Predicts which endpoint Happy Eyeballs (RFC 8305, with the delays of race_to_connect()) would
// have chosen if every attempt had taken as long as in `trials`; nullopt if none connected. Returns
// an index into `endpoints`.
std::optional<std::size_t> happy_eyeballs_choice(std::span<const net::Endpoint> endpoints,
                                                 std::span<const ConnectTrial> trials);

}  // namespace sockbox::probe
