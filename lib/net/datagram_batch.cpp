// What batches do alike on every system.
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

}  // namespace sockbox::net
