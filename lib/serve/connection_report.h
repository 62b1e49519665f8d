// What is told of a connection when it is over.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "net/endpoint.h"
#include "system/result.h"

namespace sockbox::serve {

enum class EndReason : std::uint8_t {
    finished,       // the peer closed and got all of its bytes back
    reset,          // the peer reset it
    idle,           // no byte for the idle timeout
    write_timeout,  // the peer took no byte for the write timeout
    drained,        // the server ends; nothing was under way
    aborted,        // the server ends; bytes were under way
    failed,         // the system failed: `error` says how
    fault,          // the server ended it on purpose, as it was told to
};

// By EndReason, as logs and metrics name them.
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

// Hears of what happens; called from any of the server's threads, so it has to be quick, and must
// not throw.
class Observer {
  public:
    // The engine has all threads, rings and the like that it begins with, and serves from now on;
    // once, before its first client, by the thread that called it.
    virtual void ready() {}
    virtual void opened(const net::Endpoint& peer) = 0;
    virtual void ended(const ConnectionReport& report) = 0;
    // What the server could not do and goes on after; each kind once a second at most.
    virtual void trouble(const net::Error& error) = 0;
    // No more clients are accepted; once.
    virtual void drain_began() {}

  protected:
    ~Observer() = default;
};

}  // namespace sockbox::serve
