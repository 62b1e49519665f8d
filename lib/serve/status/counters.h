// What a server counts while it runs, and the report on each connection that has ended.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <string_view>

#include "net/endpoint.h"
#include "serve/datagrams/datagram_echo.h"
#include "serve/limits/admission.h"
#include "serve/status/counter.h"
#include "system/result.h"

namespace sockbox::serve {

enum class EndReason : std::uint8_t {
    finished,       // the peer closed and received all of its bytes
    reset,          // the peer sent a reset
    idle,           // no byte within the idle timeout
    write_timeout,  // the peer accepted no byte within the write timeout
    drained,        // the server shut down while nothing was in flight
    aborted,        // the server shut down while bytes were in flight
    failed,         // a system error: `error`
    fault,          // ended on purpose by an injected fault
};

// By EndReason, as in logs and metrics.
inline constexpr std::array<std::string_view, 8> end_reasons{
    "finished", "reset", "idle", "write_timeout", "drained", "aborted", "failed", "fault"};

// Whether neither the peer nor the server ended the connection in the normal way.
constexpr bool is_broken(EndReason reason) noexcept {
    return reason == EndReason::reset || reason == EndReason::write_timeout ||
           reason == EndReason::aborted || reason == EndReason::failed;
}

struct ConnectionReport {
    net::Endpoint peer;
    std::uint64_t received_bytes = 0;
    std::uint64_t sent_bytes = 0;
    std::uint64_t unsent_bytes = 0;  // that the peer lost, as in Counters
    std::chrono::nanoseconds duration{0};
    EndReason reason = EndReason::finished;
    std::error_code error;     // for `failed`
    bool counts_bytes = true;  // false: how many there were is not known
};

// Receives events of a server. Called from any of its threads, so implementations have to be fast
// and must not throw.
class Observer {
  public:
    // The engine has all the resources it starts with and is about to serve. Called once, before
    // the first client, from the thread that called Engine::serve().
    virtual void ready() {}
    virtual void opened(const net::Endpoint& peer) = 0;
    virtual void ended(const ConnectionReport& report) = 0;
    // An error that the server recovers from; each kind is reported at most once per second.
    virtual void trouble(const net::Error& error) = 0;
    // No more clients are accepted. Called once.
    virtual void drain_began() {}

  protected:
    ~Observer() = default;
};

struct Counters {
    Counter accepted;  // connections served; each is later counted once in `ended`
    Counter open;      // connections being served
    std::array<Counter, end_reasons.size()> ended;        // by EndReason
    DurationHistogram durations;                          // of connections that ended
    std::array<Counter, refusal_reasons.size()> refused;  // closed immediately, by Refusal
    Counter accept_failures;
    Counter received_bytes;
    Counter sent_bytes;
    // Received, but never accepted by a peer that was given up. If the server gave it up, those in
    // the queues of the socket are included (Session::end()).
    Counter unsent_bytes;
    DatagramCounters datagrams;

    // Counts the end of a connection that lost `unsent` bytes.
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
    std::uint64_t broken() const {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < ended.size(); ++i)
            sum += is_broken(static_cast<EndReason>(i)) ? ended[i].value() : 0;
        return sum;
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
