// Winsock extension functions, and receiving datagrams without the errors that only Winsock
// reports.
#pragma once

#include "net/socket.h"
#include "system/platform.h"

namespace sockbox::net {

// The extension function `id` (WSAID_…) for sockets of this kind; null if there is none.
template <class Call>
Call extension_call(const Socket& socket, GUID id) noexcept {
    Call call = nullptr;
    DWORD unused = 0;
    ::WSAIoctl(socket.native(), SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &call,
               sizeof call, &unused, nullptr, nullptr);
    return call;
}

namespace platform {

// Whether a receive failed because of an ICMP error about a datagram sent earlier on the socket.
// The socket itself is fine: a server that treats this as fatal would stop because one client went
// away.
bool concerns_earlier_send(int code) noexcept;

// recvfrom, or a replacement in tests.
using ReceiveCall = int(WSAAPI*)(SOCKET, char*, int, int, sockaddr*, int*);

// Implements receive_from() with the given call.
std::ptrdiff_t receive_datagram(ReceiveCall call, NativeSocket socket, std::span<std::byte> into,
                                sockaddr* source, SocketLength* length, bool& truncated) noexcept;

}  // namespace platform
}  // namespace sockbox::net
