// A full-duplex stream through an echo server, compared as it comes back.
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

// Fills the buffer with the bytes to send next, as net::read_input does; the signal interrupts a
// wait. Called from a thread of its own, or first from that of run_pipe() if it never blocks.
using Source = std::function<net::Transfer(std::span<std::byte>, const net::StopSignal&)>;

// Takes received bytes; returns false if it can take no more.
using Sink = std::function<bool(std::span<const std::byte>)>;

struct PipeOptions {
    bool verify = true;
    bool source_waits = true;  // false: it never blocks, and a short one needs no thread
    // How long bytes may be outstanding while none arrive.
    std::chrono::nanoseconds timeout{std::chrono::seconds(10)};
    const net::StopSignal* stop = nullptr;  // ends the stream early; may be null
    // Called at the start with the progress so far; returns when to call it again. May be empty.
    // Called by the thread that calls run_pipe().
    std::function<net::Deadline(std::uint64_t received_bytes)> watch{};
};

enum class PipeEnd : std::uint8_t {
    complete,      // everything came back, followed by EOF
    unclosed,      // everything came back, but no EOF within the timeout
    different,     // the echo differs from what was sent: `difference`
    surplus,       // `surplus_bytes` came back beyond everything sent so far
    closed_early,  // EOF before everything was sent or came back
    timed_out,     // bytes were outstanding, and none arrived within the timeout
    broken,        // the connection failed: `error`
    input_failed,  // the source failed: `error`
    sink_full,     // the sink takes no more
    stopped,       // the stop signal was raised
};

struct PipeOutcome {
    PipeEnd end = PipeEnd::complete;
    std::uint64_t sent_bytes = 0;  // handed to the kernel
    std::uint64_t received_bytes = 0;
    std::uint64_t surplus_bytes = 0;
    std::chrono::nanoseconds duration{};
    std::optional<Difference> difference;
    std::error_code error;
};

// Sends the source to its end and then half-closes the connection, while passing everything
// received to the sink. Blocks until everything has come back or something fails. Keeps up to 16
// MiB of outstanding bytes, so a server that buffers more than that before it answers times out.
// Uses at most one additional thread; leaves the socket in non-blocking mode. Fails if no
// descriptor or thread is available; everything that happens to the stream is in the outcome.
net::Result<PipeOutcome> run_pipe(net::Socket& socket, const Source& source, const Sink& sink,
                                  const PipeOptions& options);

}  // namespace sockbox::probe
