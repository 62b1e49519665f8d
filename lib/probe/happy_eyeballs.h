// Connecting to the first of several addresses to respond: Happy Eyeballs version 2 (RFC 8305).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "net/streams.h"
#include "probe/connect_order.h"
#include "probe/lookup/host_lookup.h"

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
    ConnectDelays delays;
    std::size_t max_at_once = 64;                 // limits the number of descriptors
    std::function<void(const Attempt&)> observe;  // called at each start and end; may be empty
};

struct Race {
    std::optional<net::Socket> socket;  // the winner, in blocking mode; nullopt if none
    std::vector<Attempt> attempts;      // in order of start
    std::size_t untried = 0;            // addresses found that were not tried
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

// The same for a host that is still being looked up: the race begins with the answers so far, at
// least one of which found addresses, and later ones join it.
Race race_to_connect(std::span<const HostLookup::Answer> answers, HostLookup& lookup,
                     const RaceOptions& options);

}  // namespace sockbox::probe
