// Winsock calls that are not exported, and datagrams received without the errors that only Winsock
// reports.
#pragma once

#include "net/socket.h"
#include "system/platform.h"

namespace sockbox::net {

// The call known by `id` (WSAID_…) for sockets of this one's kind; null where there is none.
template <class Call>
Call extension_call(const Socket& socket, GUID id) noexcept {
    Call call = nullptr;
    DWORD unused = 0;
    ::WSAIoctl(socket.native(), SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &call,
               sizeof call, &unused, nullptr, nullptr);
    return call;
}

namespace platform {

// Whether a receive failed because of an ICMP message about a datagram that the socket sent before.
// Nothing is wrong with the socket then, and whoever takes it for an end stops serving because one
// client went away.
bool concerns_earlier_send(int code) noexcept;

// recvfrom, or what stands in for it in a test.
using ReceiveCall = int(WSAAPI*)(SOCKET, char*, int, int, sockaddr*, int*);

// As receive_from(), by the call given.
std::ptrdiff_t receive_datagram(ReceiveCall call, NativeSocket socket, std::span<std::byte> into,
                                sockaddr* source, SocketLength* length, bool& truncated) noexcept;

}  // namespace platform
}  // namespace sockbox::net
