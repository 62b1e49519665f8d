// Receives datagrams on Windows.
#include "net/windows/winsock.h"

#include <algorithm>
#include <limits>

namespace sockbox::net::platform {

bool concerns_earlier_send(int code) noexcept {
    return code == WSAECONNRESET || code == WSAENETRESET;
}

std::ptrdiff_t receive_datagram(ReceiveCall call, NativeSocket socket, std::span<std::byte> into,
                                sockaddr* source, SocketLength* length, bool& truncated) noexcept {
    constexpr std::size_t most = std::numeric_limits<int>::max();
    const int room = static_cast<int>(std::min(into.size(), most));
    const SocketLength source_room = *length;
    for (;;) {
        *length = source_room;
        const int got = call(socket, static_cast<char*>(static_cast<void*>(into.data())), room, 0,
                             source, length);
        const int code = got < 0 ? ::WSAGetLastError() : 0;
        // The part that fits is in the buffer.
        truncated = code == WSAEMSGSIZE;
        if (truncated)
            return room;
        if (!concerns_earlier_send(code))
            return got;
    }
}

std::ptrdiff_t receive_from(NativeSocket socket, std::span<std::byte> into, sockaddr* source,
                            SocketLength* length, bool& truncated) noexcept {
    return receive_datagram(::recvfrom, socket, into, source, length, truncated);
}

}  // namespace sockbox::net::platform
