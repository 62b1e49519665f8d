// Calls of Winsock that are not exported: each provider of sockets has its own.
#pragma once

#include "net/socket.h"

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

}  // namespace sockbox::net
