// Receiving datagrams on Windows, with what Winsock counts as errors there and other systems do
// not.
#pragma once

#include "net/platform.h"

namespace sockbox::net::platform {

// recvfrom, or what stands in for it in a test.
using ReceiveCall = int(WSAAPI*)(SOCKET, char*, int, int, sockaddr*, int*);

// As receive_from(), by the call given.
std::ptrdiff_t receive_datagram(ReceiveCall call, NativeSocket socket, std::span<std::byte> into,
                                sockaddr* source, SocketLength* length, bool& truncated) noexcept;

}  // namespace sockbox::net::platform
