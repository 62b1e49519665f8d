// The results of a measurement: counters that add up, and distributions of times.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "stats/detail.h"
#include "stats/directions.h"
#include "stats/ecn_counts.h"
#include "stats/outages.h"
#include "stats/source_ports.h"
#include "stats/summary.h"
#include "stats/tally.h"
#include "stats/timeline.h"

namespace sockbox::stats {

// The stage that a run has reached.
enum class Phase : std::uint8_t { resolving, connecting, warming_up, measuring };

// The unit of a value that is reported on its own, such as an assertion's.
enum class Unit : std::uint8_t { nanoseconds, percent, per_second, count };

// TCP_INFO (tcp(7)) of the connections of a run, each read just before it was closed.
struct KernelView {
    std::uint64_t connections = 0;                    // that were read
    std::optional<std::chrono::nanoseconds> min_rtt;  // the smallest of all connections
    std::uint64_t retransmits = 0;                    // segments, the sum over all connections
    Spread congestion_window;                         // segments
    Spread delivery_rate;                             // bytes per second

    // Adds the results of another thread.
    void merge(const KernelView& other);
};

// The counts of one thread or of a whole run. sent = received + lost + pending always holds,
// because all of them come from the client's own record of what it sent. Not synchronized: each
// thread fills its own, and merge() combines them.
struct Measurement {
    // An empty measurement, which takes as much memory as `detail` allows.
    explicit Measurement(Detail detail = Detail::full) noexcept
        : lost_numbers(detail),
          rtt(detail),
          connect(detail),
          slip(detail),
          unread(detail),
          timeline(detail) {}

    // Times start at the scheduled send (else the actual one), which avoids coordinated omission.
    bool open_loop = false;
    // False for messages so short that their replies cannot be told apart: then there are no round
    // trips, and no counts of late, duplicated and reordered replies.
    bool distinguishable = true;

    std::uint64_t sent = 0;      // messages
    std::uint64_t received = 0;  // echoes in time, identical to what was sent
    std::uint64_t lost = 0;      // no such echo within the timeout
    std::uint64_t pending = 0;   // not timed out yet when the run ended
    std::uint64_t unsent = 0;    // the system refused to send them; not included in `sent`

    std::uint64_t mismatched = 0;        // replies whose content differs from what was sent
    std::uint64_t surplus_bytes = 0;     // bytes of a stream that answer nothing that was sent
    std::uint64_t late = 0;              // of `lost`: replies that came after the timeout
    std::uint64_t duplicated = 0;        // replies after the first to the same message
    std::uint64_t reordered = 0;         // replies that arrived after a later one (RFC 4737)
    std::uint64_t foreign = 0;           // replies to nothing that was sent
    std::uint64_t resolve_failures = 0;  // lookups of the server's name that failed
    // Scheduled sends that were skipped because the client was late.
    std::uint64_t missed_slots = 0;

    std::uint64_t undelivered = 0;  // of `lost`: reported by an ICMP error
    std::uint64_t spoiled = 0;      // of `lost`: answered with something else than the echo
    std::uint64_t misdirected = 0;  // of `lost`: answered from an unexpected address
    std::uint64_t overflowed = 0;   // datagrams dropped because our receive buffer was full
    EcnCounts ecn_counts_back;      // of replies, if the socket reports the bits
    SequenceRanges lost_numbers;    // sequence numbers of lost datagrams

    std::uint64_t sent_bytes = 0;         // in all messages
    std::uint64_t received_bytes = 0;     // in all replies
    std::chrono::nanoseconds duration{};  // of the run, without the warm-up

    Series rtt;      // round trips
    Series connect;  // times to connect, of streams
    Series slip;     // how late the client sent, against its schedule
    // How long replies demonstrably waited in the receive buffer before the client read them. Only
    // replies whose times include that wait are recorded.
    Series unread;
    // Time spent in this host's own stack, which kernel timestamps removed from each round trip.
    TimeSpread own_time;
    Jitter jitter;      // of one thread's lanes, in order of arrival
    KernelView kernel;  // filled only if requested
    Timeline timeline;  // round trips and losses over the run
    Outages outages;
    std::optional<Directions> directions;
    SourcePorts by_source_port;  // of lanes with a port of their own

    // Adds the results of another thread of the same run. Jitter cannot be merged: one thread's is
    // kept.
    void merge(const Measurement& other);

    // Attributes the losses without an ICMP error or a wrong answer: to our own receive buffer, up
    // to the number of datagrams dropped there, and the rest to the path or the server.
    std::uint64_t lost_in_own_buffer() const noexcept;
    std::uint64_t lost_on_path() const noexcept;

    // The share, 0 to 1, of the time that a program observes which is spent in this host's own
    // stack; nullopt without kernel timestamps.
    std::optional<double> own_share() const noexcept;

    // Whether the client's own lateness, as far as it is part of the round trips, exceeds a tenth
    // of their median or half of their 99th percentile: then the results describe the client more
    // than the server.
    bool is_client_late() const;

    double loss() const noexcept;        // lost / (received + lost), 0 to 1; 0 if both are 0
    double rate_per_s() const noexcept;  // replies per second; 0 if `duration` is 0

  private:
    std::uint64_t lost_in_silence() const noexcept;
};

}  // namespace sockbox::stats
