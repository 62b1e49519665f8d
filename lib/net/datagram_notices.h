// What the system has to say of datagrams that were sent: that one could not be delivered, or when
// one left.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>

#include "net/endpoint.h"
#include "net/socket.h"
#include "system/result.h"

namespace sockbox::net {

struct IcmpError {
    std::error_code code;            // as the system maps it: ECONNREFUSED, EHOSTUNREACH, …
    std::optional<Endpoint> sender;  // who answered, where the system tells
    std::uint8_t type = 0;           // ICMP's or ICMPv6's own numbers; 0 where not known
    std::uint8_t icmp_code = 0;
    std::uint32_t info = 0;  // see tells_mtu()
    std::string datagram;    // the first bytes, at most 64, of what could not be delivered
};

// Asks for every ICMP error, with its sender, also those that a UDP socket is otherwise not told of
// (Linux: IP_RECVERR, IPV6_RECVERR). Elsewhere does nothing: errors are then those of the calls.
Status want_icmp_errors(Socket& socket, Family family);

// Whether this system has that queue.
bool tells_icmp_senders() noexcept;

// The next error that came for this socket, passing over other notices; none when there is none, or
// where the system has no such queue. Does not block.
std::optional<IcmpError> take_icmp_error(Socket& socket);

// Whether `info` is the largest packet that the sender passes on.
bool tells_mtu(const IcmpError& error);

// "port unreachable from 192.0.2.1", "ttl exceeded from …", or the code's own words.
std::string words_of(const IcmpError& error);

// The same and the code's symbol in brackets, for where no Error adds it.
std::string describe(const IcmpError& error);

// When a datagram left, by the wall clock since 1970. They are counted from 0 on for each socket,
// from the call of want_stamps() on, modulo 2^32.
struct SendStamp {
    std::uint32_t number = 0;
    std::chrono::nanoseconds at{};
};

// One of both.
struct Notice {
    std::optional<IcmpError> error;
    std::optional<SendStamp> left;
};

// The next of them; none when there is none, or where the system has no such queue (Linux has, see
// ip(7), IP_RECVERR). Does not block. While one waits, poll tells POLLERR and a send may fail.
std::optional<Notice> take_notice(Socket& socket);

enum class Stamps : std::uint8_t { arrivals, arrivals_and_sends };

// Asks the system for its own times of datagrams, taken where they pass its network stack
// (SO_TIMESTAMPING): of arrivals with each datagram in a batch, of sends as notices. Fails with
// std::errc::not_supported, or as the system does, where it has none.
Status want_stamps(Socket& socket, Stamps stamps);

}  // namespace sockbox::net
