// Receiving datagrams on Windows, with what Winsock counts as errors there and other systems do
// not.
#pragma once

#include "system/platform.h"

namespace sockbox::net::platform {

// Whether a receive failed because of an ICMP message about a datagram that the socket sent before.
// Nothing is wrong with the socket then, and whoever takes it for an end stops serving because one
// client went away.
bool concerns_earlier_send(int code) noexcept;

// recvfrom, or what stands in for it in a test.
using ReceiveCall = int(WSAAPI*)(SOCKET, char*, int, int, sockaddr*, int*);

// As receive_from(), by the call given.
std::ptrdiff_t receive_datagram(ReceiveCall call, NativeSocket socket, std::span<std::byte> into,
                                sockaddr* source, SocketLength* length, bool& truncated) noexcept;

}  // namespace sockbox::net::platform
