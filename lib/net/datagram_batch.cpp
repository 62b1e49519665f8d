// The parts of DatagramBatch that are the same on every platform.
#include "net/datagram_batch.h"

#include <algorithm>

namespace sockbox::net {

std::size_t DatagramBatch::send(const Socket& socket,
                                std::span<const BatchedDatagram> datagrams) noexcept {
    std::size_t sent = 0;
    while (!datagrams.empty()) {
        std::error_code error;
        const std::size_t put = send_until_error(socket, datagrams, error);
        sent += put;
        datagrams = datagrams.subspan(std::min(put + 1, datagrams.size()));
    }
    return sent;
}

Endpoint endpoint_of(const in_addr& address) noexcept {
    sockaddr_in native{};
    native.sin_family = AF_INET;
    native.sin_addr = address;
    return *Endpoint::from_native(static_cast<sockaddr*>(static_cast<void*>(&native)),
                                  sizeof native);
}

Endpoint endpoint_of(const in6_pktinfo& info) noexcept {
    sockaddr_in6 native{};
    native.sin6_family = AF_INET6;
    native.sin6_addr = info.ipi6_addr;
    if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
        native.sin6_scope_id = info.ipi6_ifindex;
    return *Endpoint::from_native(static_cast<sockaddr*>(static_cast<void*>(&native)),
                                  sizeof native);
}

}  // namespace sockbox::net
