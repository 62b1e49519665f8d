// What the system has to say of datagrams that were sent: that one could not be delivered, or when
// one left.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "net/icmp.h"
#include "net/socket.h"

namespace sockbox::net {

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
