// Connecting to the first of several addresses that answers: Happy Eyeballs version 2 (RFC 8305).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "net/streams.h"

namespace sockbox::probe {

// One address that was tried. Times count from the start of the race.
struct Attempt {
    enum class State : std::uint8_t { under_way, connected, failed, abandoned };

    net::Endpoint endpoint;
    State state = State::under_way;
    std::chrono::nanoseconds started{};
    std::chrono::nanoseconds ended{};
    net::Error error;  // of a failed one; std::errc::timed_out where the deadline ended it
};

struct RaceOptions {
    net::ConnectOptions connect;  // the deadline is that of the whole race
    // Between attempts while none has failed (section 5: 250 ms), and at the least (10 ms).
    std::chrono::milliseconds delay{250};
    std::chrono::milliseconds least_delay{10};
    std::size_t most_at_once = 64;                // bounds the descriptors
    std::function<void(const Attempt&)> observe;  // told of each start and each end; may be empty
};

struct Race {
    std::optional<net::Socket> socket;  // the winner, in blocking mode; none when nobody answered
    std::vector<Attempt> attempts;      // in the order of their starts
    const Attempt* winner() const;
};

// The families in turn, beginning with that of the first address; else the order stays (section 4).
std::vector<net::Endpoint> interleave_families(std::span<const net::Endpoint> endpoints);

// Tries the addresses in that order, the first in any case: the next one when the delay is over or
// all attempts so far have failed. The first connection wins and the others are closed. Blocks
// until one has connected, all have failed, the deadline has passed, or the stop signal is raised.
Race race_to_connect(std::span<const net::Endpoint> endpoints, const RaceOptions& options);

}  // namespace sockbox::probe
