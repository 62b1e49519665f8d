// What a measurement sends, how, and when it ends.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "net/endpoint.h"
#include "probe/reply_timeout.h"
#include "stats/detail.h"
#include "system/clock.h"
#include "system/result.h"

namespace sockbox::probe {

// A reply, as on_reply receives it: the echo in time, or something else.
struct Reply {
    std::optional<std::uint64_t> sequence;  // nullopt if it is not known what is answered
    // nullopt if the reply is not the echo, or cannot be told apart from others.
    std::optional<std::chrono::nanoseconds> rtt;
    std::size_t bytes;                    // its whole length
    std::optional<net::Endpoint> from{};  // if several hosts may answer, or another one did
    std::string objection{};              // why it is not the echo; empty if it is
};

// How a measurement sends, and when it ends: after `count` messages or after `time`, whichever
// comes first, else when it is stopped.
struct MeasurePlan {
    std::uint64_t count = 0;               // round trips; 0: unlimited
    std::chrono::nanoseconds time{0};      // 0: unlimited
    std::chrono::nanoseconds interval{0};  // for each lane; 0: send when the last reply has arrived
    // With an interval: a lane also waits for the reply to its last message. On a connection whose
    // window is full, a message would wait in this host's send buffer.
    bool one_at_a_time = false;
    // How many lanes take turns; 0: each lane sends on its own. `interval` is then the time between
    // any two sends, and in a closed loop only one message at a time is awaited. Unless there is a
    // rate, one thread uses all of these lanes.
    std::size_t turns = 0;
    // With an interval: about how long after the start the first message is due, so that the sends
    // to many servers are spread out. In an endless run, the lanes are created no earlier.
    std::chrono::nanoseconds delay{0};
    double rate = 0;  // messages per second over all lanes (open loop); 0: closed loop
    std::chrono::nanoseconds timeout{default_reply_timeout};  // a later reply counts as lost
    std::chrono::nanoseconds warmup{0};                       // excluded from the results
    std::uint64_t first_sequence = 1;
    bool verify = true;  // false: what answers a message need not be the same bytes
    stats::Detail detail = stats::Detail::full;
    // Both are called from any measuring thread, and may be empty. on_unsent receives the sequence
    // number of a message that could not be sent, and the reason.
    std::function<void(const Reply&)> on_reply{};
    std::function<void(std::uint64_t, const net::Error&)> on_unsent{};

    bool is_endless() const { return count == 0 && time.count() == 0; }
};

// One message to be sent.
struct Message {
    std::uint64_t sequence;
    net::Clock::time_point due;  // the scheduled time of sending
    bool counted;                // false during the warm-up
};

}  // namespace sockbox::probe
