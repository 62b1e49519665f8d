// The counters of a running server, readable at any time from any thread.
#pragma once

#include <array>
#include <numeric>
#include <string_view>

#include "serve/connection_report.h"
#include "serve/datagrams/datagram_echo.h"
#include "serve/limits/admission.h"
#include "serve/status/duration_histogram.h"

namespace sockbox::serve {

struct Counters {
    Counter accepted;  // connections served; each is later counted once in `ended`
    Counter open;      // connections being served
    std::array<Counter, end_reasons.size()> ended;        // by EndReason
    DurationHistogram durations;                          // of connections that ended
    std::array<Counter, refusal_reasons.size()> refused;  // closed immediately, by Refusal
    Counter accept_failures;
    Counter received_bytes;
    Counter sent_bytes;
    Counter unsent_bytes;  // received, but never accepted by a peer that was given up
    DatagramCounters datagrams;

    // Counts the end of a connection whose last `unsent` bytes the peer never accepted.
    void end(EndReason reason, std::chrono::nanoseconds duration, std::uint64_t unsent) noexcept {
        ended[static_cast<std::size_t>(reason)].add();
        durations.observe(duration);
        unsent_bytes.add(unsent);
    }

    const Counter& ended_by(EndReason reason) const {
        return ended[static_cast<std::size_t>(reason)];
    }
    const Counter& refused_by(Refusal reason) const {
        return refused[static_cast<std::size_t>(reason)];
    }
    // Connections that neither the peer nor the server ended in the normal way.
    std::uint64_t broken() const {
        return ended_by(EndReason::reset).value() + ended_by(EndReason::write_timeout).value() +
               ended_by(EndReason::failed).value() + aborted();
    }
    std::uint64_t refusals() const {
        return std::accumulate(
            refused.begin(), refused.end(), std::uint64_t{0},
            [](std::uint64_t sum, const Counter& counter) { return sum + counter.value(); });
    }
    // Connections that lost bytes because the server shut down.
    std::uint64_t aborted() const { return ended_by(EndReason::aborted).value(); }
};

}  // namespace sockbox::serve
