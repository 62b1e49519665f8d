// Connecting to the first of several addresses to respond: Happy Eyeballs version 2 (RFC 8305).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "net/streams.h"

namespace sockbox::probe {

// One address that was tried. Times are relative to the start of the race.
struct Attempt {
    enum class State : std::uint8_t { under_way, connected, failed, abandoned };

    net::Endpoint endpoint;
    State state = State::under_way;
    std::chrono::nanoseconds started{};
    std::chrono::nanoseconds ended{};
    net::Error error;  // for `failed`; std::errc::timed_out at the deadline
};

struct RaceOptions {
    net::ConnectOptions connect;  // its deadline applies to the whole race
    // The Connection Attempt Delay of RFC 8305, section 5 (recommended: 250 ms), and the minimum
    // that applies when every attempt so far has failed (10 ms).
    std::chrono::milliseconds delay{250};
    std::chrono::milliseconds min_delay{10};
    std::size_t max_at_once = 64;                 // limits the number of descriptors
    std::function<void(const Attempt&)> observe;  // called at each start and end; may be empty
};

struct Race {
    std::optional<net::Socket> socket;  // the winner, in blocking mode; nullopt if none
    std::vector<Attempt> attempts;      // in order of start
    const Attempt* winner() const;
};

// Alternates address families, starting with that of the first endpoint; within each family the
// order is kept (RFC 8305, section 4, with a First Address Family Count of 1).
std::vector<net::Endpoint> interleave_families(std::span<const net::Endpoint> endpoints);

// Connects to the endpoints in the order of interleave_families(), starting the next attempt when
// the delay has passed or all attempts so far have failed. The first connection wins and the others
// are closed. At least one endpoint is tried, even if the deadline has passed. Blocks until one
// attempt has succeeded, all have failed, the deadline has passed or the stop signal is raised.
//
//     RaceOptions options;
//     options.connect.deadline = net::deadline_in(std::chrono::seconds(10));
//     Race race = race_to_connect(endpoints, options);
//     if (!race.socket)
//         return net::fail(race.attempts.back().error);  // `endpoints` was not empty
//     talk(*race.socket, race.winner()->endpoint);
Race race_to_connect(std::span<const net::Endpoint> endpoints, const RaceOptions& options);

}  // namespace sockbox::probe
