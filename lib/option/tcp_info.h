// TCP_INFO: the kernel's view of a TCP connection (tcp(7)).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "net/socket.h"
#include "option/value.h"
#include "system/result.h"

namespace sockbox::net {

// Decodes a struct tcp_info. An older kernel returns fewer fields; bytes that a newer one appends
// become the last field, "unknown", in hexadecimal.
Fields decode_tcp_info(std::span<const std::byte> bytes);

// "ESTABLISHED", "LISTEN" …; the number if it has no name.
std::string tcp_state_name(unsigned state);

// The main figures of a connection.
struct TcpVitals {
    std::optional<std::chrono::nanoseconds> min_rtt;  // nullopt until a segment is acknowledged
    std::uint64_t retransmits = 0;                    // segments retransmitted, in total
    std::uint64_t congestion_window = 0;              // in segments
    std::optional<std::uint64_t> delivery_rate;       // bytes per second; nullopt if unknown
};

// Reads the main figures of TCP_INFO from a TCP socket; does not block. Fails with
// std::errc::not_supported on Windows.
Result<TcpVitals> tcp_vitals(const Socket& socket);

// What TCP_INFO reports about the timers of a connection, or the queue of a listener.
struct TcpTimers {
    std::chrono::nanoseconds timeout{};       // the retransmission timeout, before it doubled
    std::chrono::nanoseconds smoothed_rtt{};  // 0 until a segment is acknowledged
    std::chrono::nanoseconds ack_delay{};     // of delayed acknowledgements; 0: not yet known
    bool selective_acknowledgements = false;  // negotiated (RFC 2018)
    std::int64_t accept_queue = 0;            // listeners only: connections not yet accepted
    std::int64_t max_accept_queue = 0;        // listeners only
};

// Reads them from a TCP socket; does not block. Fails as tcp_vitals() does.
Result<TcpTimers> tcp_timers(const Socket& socket);

// How many bytes of those sent on a TCP socket the peer's system has acknowledged; nullopt if the
// kernel does not report it, and on Windows.
std::optional<std::uint64_t> acknowledged_bytes(const Socket& socket) noexcept;

// The bytes of a TCP connection that the kernel holds; 0 if it does not report them.
struct TcpQueues {
    std::uint64_t unread = 0;          // received, but not read
    std::uint64_t unacknowledged = 0;  // sent or to be sent; always 0 on Windows
};
TcpQueues tcp_queues(const Socket& socket) noexcept;

}  // namespace sockbox::net
