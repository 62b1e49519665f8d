// What a server counts while it runs; read at any time, from any thread.
#pragma once

#include <array>
#include <string_view>

#include "serve/connection_report.h"
#include "serve/datagram_echo.h"

namespace sockbox::serve {

struct Counters {
    Counter accepted;  // connections served, each then counted once in `ended`
    Counter open;      // connections being served now
    std::array<Counter, end_reasons.size()> ended;  // by EndReason
    Counter refused;                                // connections closed at once by a limit
    Counter accept_failures;
    Counter received_bytes;
    Counter sent_bytes;
    Counter unsent_bytes;  // received, but not taken by a peer that was then given up
    DatagramCounters datagrams;

    const Counter& ended_by(EndReason reason) const {
        return ended[static_cast<std::size_t>(reason)];
    }
    // Connections that did not get all that they should have when the server ended.
    std::uint64_t aborted() const { return ended_by(EndReason::aborted).value(); }
};

}  // namespace sockbox::serve
