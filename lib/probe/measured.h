// The results of a measurement while it runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "net/endpoint.h"
#include "probe/plan.h"
#include "stats/measurement.h"
#include "stats/tally.h"

namespace sockbox::probe {

// The results of one thread, or of all of them together. Not synchronized.
struct Measured {
    explicit Measured(stats::Detail detail = stats::Detail::full) noexcept : numbers(detail) {}

    stats::Phase phase = stats::Phase::measuring;
    stats::Measurement numbers;
    stats::Tally errors;
    std::map<std::string, std::uint64_t> responders;  // replies by host, if several may answer
    net::Clock::time_point begin{};                   // the end of the warm-up
    std::optional<net::Endpoint> server{};            // the address in use; nullopt: not known yet

    // Records that a counted message was answered in time, or given up as lost. Without `rtt` it is
    // not known which message was answered.
    void answered(net::Clock::time_point now, std::optional<std::chrono::nanoseconds> rtt);
    // Records how long a reply to a message with this `origin` waited to be read: since `ready_at`,
    // when poll(2) reported it.
    void record_unread(net::Clock::time_point now, net::Clock::time_point ready_at,
                       net::Clock::time_point origin);
    // `origin` is when the time of the message started.
    void lost(net::Clock::time_point now, net::Clock::time_point origin);
    // With its sequence number, for datagrams.
    void lost(net::Clock::time_point now, net::Clock::time_point origin, std::uint64_t number);
    // Records a reply to a message that had been given up.
    void late(net::Clock::time_point now);
    // Records that a message could not be sent, and calls plan.on_unsent.
    void unsent(const MeasurePlan& plan, const Message& message, const net::Error& error);

    // Counts an error by its action, which is the phase of the exchange ("resolve", "connect",
    // "send", "receive" or "icmp"), its reason and its code. The address is the same for all.
    void failed(const net::Error& error);

    // Forgets what went wrong in the warm-up, except failures to connect: such a connection may be
    // missing afterwards, too.
    void end_warmup();

    // The time since the end of the warm-up; 0 during it.
    std::chrono::nanoseconds elapsed() const;

    // The number of replies of any kind.
    std::uint64_t replies() const noexcept {
        return numbers.received + numbers.late + numbers.mismatched + numbers.duplicated +
               numbers.misdirected;
    }

    void merge(const Measured& other);
};

}  // namespace sockbox::probe
