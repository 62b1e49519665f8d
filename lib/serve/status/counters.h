// What a server counts while it runs; read at any time, from any thread.
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
    Counter accepted;  // connections served, each then counted once in `ended`
    Counter open;      // connections being served now
    std::array<Counter, end_reasons.size()> ended;        // by EndReason
    DurationHistogram durations;                          // of those that ended
    std::array<Counter, refusal_reasons.size()> refused;  // closed at once, by Refusal
    Counter accept_failures;
    Counter received_bytes;
    Counter sent_bytes;
    Counter unsent_bytes;  // received, but not taken by a peer that was then given up
    DatagramCounters datagrams;

    // The end of a connection; `unsent` of its bytes were never taken.
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
    // Connections that ended otherwise than by their own or the server's will.
    std::uint64_t broken() const {
        return ended_by(EndReason::reset).value() + ended_by(EndReason::write_timeout).value() +
               ended_by(EndReason::failed).value() + aborted();
    }
    std::uint64_t refusals() const {
        return std::accumulate(
            refused.begin(), refused.end(), std::uint64_t{0},
            [](std::uint64_t sum, const Counter& counter) { return sum + counter.value(); });
    }
    // Connections that did not get all that they should have when the server ended.
    std::uint64_t aborted() const { return ended_by(EndReason::aborted).value(); }
};

}  // namespace sockbox::serve
