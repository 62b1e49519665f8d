// What a run of echoes came to: counts that add up, and the series of times.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "stats/directions.h"
#include "stats/jitter.h"
#include "stats/sequence_ranges.h"
#include "stats/spread.h"
#include "stats/summary.h"
#include "stats/time_spread.h"
#include "stats/timeline.h"

namespace sockbox::stats {

// How far a run is.
enum class Phase : std::uint8_t { resolving, connecting, warming_up, measuring };

// Of a value that is told alone.
enum class Unit : std::uint8_t { nanoseconds, percent, per_second, count };

// The kernel's own view of the TCP connections of a run, as each was at its end.
struct KernelView {
    std::uint64_t connections = 0;
    std::optional<std::chrono::nanoseconds> min_rtt;  // the smallest of all
    std::uint64_t retransmits = 0;                    // segments, of all together
    Spread congestion_window;                         // segments
    Spread delivery_rate;                             // bytes a second

    void merge(const KernelView& other);
};

// Always: sent = received + lost + pending. All of it comes from our own records of what was sent.
struct Measurement {
    bool open_loop = false;  // times count from the scheduled send, else from the real one

    std::uint64_t sent = 0;
    std::uint64_t received = 0;  // in time, whatever they held
    std::uint64_t lost = 0;      // no reply in time
    std::uint64_t pending = 0;   // the run ended before their time was over
    std::uint64_t unsent = 0;    // the system refused to send; not among `sent`

    std::uint64_t mismatched = 0;    // of the received, those that were not what was sent
    std::uint64_t late = 0;          // of the lost, those that came after their time
    std::uint64_t duplicated = 0;    // replies beyond the first
    std::uint64_t reordered = 0;     // RFC 4737: behind a later one
    std::uint64_t foreign = 0;       // answers to nothing that was sent
    std::uint64_t missed_slots = 0;  // of the schedule, skipped because the client was late

    std::uint64_t undelivered = 0;  // of the lost, those that an ICMP error tells of
    std::uint64_t overflowed = 0;   // datagrams that found our own receive buffer full
    SequenceRanges lost_numbers;    // of the lost datagrams

    std::uint64_t sent_bytes = 0;
    std::uint64_t received_bytes = 0;
    std::chrono::nanoseconds duration{};

    Series rtt;
    Series connect;
    Series slip;    // how late the client itself was against its schedule
    Series unread;  // how long, at least, replies lay here until the client had time for them; of
                    // those only in whose times that is
    // What the system's stamps have cut from each time: spent in our own stack.
    TimeSpread own_time;
    Jitter jitter;      // of one thread's lanes, in the order of their answers
    KernelView kernel;  // where it was asked for
    Timeline timeline;  // of the round trips and the lost
    std::optional<Directions> directions;

    // Adds what another thread measured in the same run; the jitter stays that of one of them.
    void merge(const Measurement& other);

    // Where the lost were lost that no ICMP error tells of: here, as far as datagrams were dropped
    // here, and else on the path or at the server.
    std::uint64_t lost_in_own_buffer() const noexcept;
    std::uint64_t lost_on_path() const noexcept;

    // How much of the time that a program sees passes in this host's own stack, 0 to 1; none where
    // the system's stamps were not used.
    std::optional<double> own_share() const noexcept;

    // Whether the client's own lateness, as far as it is part of the times, exceeds a tenth of the
    // median round trip, or half of the 99th percentile.
    bool is_client_late() const;

    double loss() const noexcept;        // a share of what was sent and is not pending, 0 to 1
    double rate_per_s() const noexcept;  // of the replies; 0 without a duration
};

}  // namespace sockbox::stats
