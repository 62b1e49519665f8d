// Notices about datagrams that were sent: ICMP errors and send timestamps.
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

// An ICMP or ICMPv6 error, or one of this host, about a datagram that was sent.
struct IcmpError {
    std::error_code code;            // as mapped by the system: ECONNREFUSED, EHOSTUNREACH …
    std::optional<Endpoint> sender;  // the host or router that reported it; nullopt: this host
    std::uint8_t type = 0;           // the ICMP or ICMPv6 type; 0 without a sender
    std::uint8_t icmp_code = 0;      // the ICMP or ICMPv6 code, likewise
    std::uint32_t info = 0;          // the path MTU in bytes if has_mtu()
    std::string datagram;            // the first 64 bytes of the payload that was not delivered
    // When it arrived, by the wall clock: on Linux after enable_timestamps().
    std::optional<std::chrono::nanoseconds> arrived{};
};

// Enables reporting of all ICMP errors, with their senders, including those that an unconnected UDP
// socket does not otherwise get (IP_RECVERR in ip(7), IPV6_RECVERR in ipv6(7)). They are then taken
// with take_icmp_error() or take_notice(). Linux only: elsewhere it does nothing, and errors are
// reported only by the calls that fail.
Status enable_icmp_errors(Socket& socket, Family family);

// Whether this platform has an error queue (Linux).
bool reports_icmp_senders() noexcept;

// Takes the next error from the socket's error queue, discarding other notices; nullopt if there is
// none, and on platforms without an error queue. Does not block.
std::optional<IcmpError> take_icmp_error(Socket& socket);

// Whether a host or router refused to deliver the datagram: destination unreachable, for any reason
// but its size.
bool is_unreachable(const IcmpError& error);

// Whether `info` is the MTU of the next hop ("fragmentation needed", "packet too big"), or of the
// known path.
bool has_mtu(const IcmpError& error);

// "port unreachable from 192.0.2.1", "hop limit exceeded from …"; the text of the code if the type
// is not known.
std::string to_text(const IcmpError& error);

// to_text() and the symbol of the code in parentheses, for use outside an Error, which would add
// it.
std::string to_text_with_symbol(const IcmpError& error);

// When a datagram was sent, by the wall clock (UTC since 1970). `number` counts the datagrams sent
// on the socket, from 0 on since enable_timestamps() was called, modulo 2^32.
struct SendStamp {
    std::uint32_t number = 0;       // of the datagram
    std::chrono::nanoseconds at{};  // when it was sent
};

// Either an error or a timestamp.
struct Notice {
    std::optional<IcmpError> error;  // nullopt if it is a timestamp
    std::optional<SendStamp> left;   // nullopt if it is an error
};

// Takes the next notice from the socket's error queue (Linux; MSG_ERRQUEUE in recv(2)); nullopt if
// it is empty, and on other platforms. Does not block. As long as the queue is not empty, poll(2)
// reports POLLERR, whether requested or not; after an ICMP error, the next send or receive may fail
// once with its code.
std::optional<Notice> take_notice(Socket& socket);

// Which datagrams get a timestamp.
enum class Stamps : std::uint8_t { arrivals, arrivals_and_sends };

// Enables the kernel's timestamps of datagrams, taken in its network stack (SO_TIMESTAMPING): those
// of arrivals are in BatchedDatagram::arrived, those of sends come as notices. Fails with
// std::errc::not_supported on Windows, and with the system's error if the kernel has none.
Status enable_timestamps(Socket& socket, Stamps stamps);

// The kernel starts to take timestamps of arrivals some time after the first socket on the system
// asks for them; until then it returns the time at which a datagram is read. Blocks until it takes
// them, usually for less than a millisecond and never for more than 200 ms. Sends datagrams to
// itself over the loopback interface. Does nothing on Windows.
void await_timestamps();

}  // namespace sockbox::net
