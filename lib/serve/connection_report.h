// The report on a connection that has ended, and the observer that receives it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "net/endpoint.h"
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

struct ConnectionReport {
    net::Endpoint peer;
    std::uint64_t received_bytes = 0;
    std::uint64_t sent_bytes = 0;
    std::chrono::nanoseconds duration{0};
    EndReason reason = EndReason::finished;
    std::error_code error;  // for `failed`
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

}  // namespace sockbox::serve
