// A stream of bytes through an echo server and back, full duplex, compared while it streams.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <system_error>

#include "net/signals.h"
#include "net/socket.h"
#include "probe/echo_window.h"

namespace sockbox::probe {

// Fills the buffer with what is to be sent next, as net::read_input does; the signal ends a wait.
// Called from a thread of its own.
using Source = std::function<net::Transfer(std::span<std::byte>, const net::StopSignal&)>;

// Takes what came back; false when it can take no more.
using Sink = std::function<bool(std::span<const std::byte>)>;

struct PipeOptions {
    bool verify = true;
    // How long bytes may be outstanding without any coming back.
    std::chrono::nanoseconds timeout{std::chrono::seconds(10)};
    const net::StopSignal* stop = nullptr;  // ends it early
    // Told at the begin how far it is, and returns when it wants to be told next; may be empty.
    // Called by the thread that calls run_pipe().
    std::function<net::Deadline(std::uint64_t received_bytes)> watch{};
};

enum class PipeEnd : std::uint8_t {
    complete,      // all came back, and then the server's end of stream
    unclosed,      // all came back, but no end of stream within the timeout
    different,     // `difference` says where
    surplus,       // `surplus_bytes` came beyond all that had been sent by then
    closed_early,  // the server ended the stream before all came back or all was sent
    timed_out,     // bytes outstanding, and none came for so long
    broken,        // the connection failed: `error`
    input_failed,  // the source failed: `error`
    sink_full,     // the sink takes no more
    stopped,       // the stop signal was raised
};

struct PipeOutcome {
    PipeEnd end = PipeEnd::complete;
    std::uint64_t sent_bytes = 0;  // handed to the connection
    std::uint64_t received_bytes = 0;
    std::uint64_t surplus_bytes = 0;
    std::chrono::nanoseconds duration{};
    std::optional<Difference> difference;
    std::error_code error;
};

// Sends the source to its end and then half-closes, while it gives to the sink what comes back.
// Blocks until all is back or something is wrong. Needs at most 16 MiB for bytes outstanding, so a
// server that holds back more than that before it answers times out. Uses one thread besides the
// caller's; the socket is non-blocking from then on. Fails when no descriptor or thread is left.
net::Result<PipeOutcome> run_pipe(net::Socket& socket, const Source& source, const Sink& sink,
                                  const PipeOptions& options);

}  // namespace sockbox::probe
