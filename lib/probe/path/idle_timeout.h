// Finding how long a TCP connection to an echo server may be silent.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "net/streams.h"
#include "probe/path/idle_search.h"
#include "probe/reply_timeout.h"

namespace sockbox::probe {

// The state of a search, for display.
struct IdleProgress {
    unsigned round = 0;
    std::optional<Silence> latest{};  // nullopt when the round begins
    IdleTimeout found{};              // so far
    // Those of this round whose outcome is still needed, and the longest silence of them.
    std::size_t connections = 0;
    std::chrono::nanoseconds longest{};
    net::Clock::time_point round_ends{};  // when that will have passed
};

struct IdleOptions {
    // Of each connection; its deadline is ignored. TCP keepalive is switched off before `prepare`
    // is called, which may switch it on again.
    net::ConnectOptions connect{};
    std::chrono::nanoseconds connect_timeout{std::chrono::seconds(10)};
    std::chrono::nanoseconds timeout{default_reply_timeout};  // of an echo
    std::chrono::nanoseconds max{std::chrono::minutes(15)};   // the longest silence to try
    std::size_t connections = 64;                             // at once
    // Called when a round begins and after each outcome. May be empty.
    std::function<void(const IdleProgress&)> observe{};
};

struct IdleFound {
    IdleTimeout timeout;
    std::vector<Silence> silences;  // in the order in which their outcome was known
    unsigned rounds = 0;
    std::size_t connections = 0;  // that were established, in all rounds
    // The system at the other end acknowledged data that was not echoed: a proxy, or the server.
    bool acknowledged = false;
    bool interrupted = false;
    // Why the search ended early; an empty action if it did not. `connected`: not for want of a
    // connection.
    net::Error failure{};
    bool connected = false;
};

// Opens several connections, exchanges a message on each, and finds out after how long a silence
// the next message is not echoed, by the rounds of IdleSearch. Blocks until then, or until `stop`
// is raised: with the defaults for little more than twice the timeout, or for 15 minutes if there
// is none.
IdleFound find_idle_timeout(const net::Endpoint& server, const IdleOptions& options,
                            const net::StopSignal& stop);

}  // namespace sockbox::probe
