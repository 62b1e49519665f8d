// The lower bound for echod's UDP: receives and sends back up to 64 datagrams at a time.
#include <array>

#include "bare.h"

namespace {

constexpr std::size_t slots = 64;
constexpr std::size_t datagram_bytes = 64 * 1024;

void serve(int socket) {
    const bare::Memory memory = bare::pages(slots * datagram_bytes);
    std::array<sockaddr_in, slots> senders{};
    std::array<iovec, slots> parts{};
    std::array<mmsghdr, slots> headers{};
    for (std::size_t i = 0; i < slots; ++i) {
        parts[i].iov_base = memory.get() + i * datagram_bytes;
        headers[i].msg_hdr.msg_iov = &parts[i];
        headers[i].msg_hdr.msg_iovlen = 1;
        headers[i].msg_hdr.msg_name = &senders[i];
    }
    std::size_t used = slots;
    for (;;) {
        for (std::size_t i = 0; i < used; ++i) {
            parts[i].iov_len = datagram_bytes;
            headers[i].msg_hdr.msg_namelen = sizeof senders[i];
        }
        const int got = ::recvmmsg(socket, headers.data(), slots, MSG_WAITFORONE, nullptr);
        used = static_cast<std::size_t>(got > 0 ? got : 0);
        for (std::size_t i = 0; i < used; ++i)
            parts[i].iov_len = headers[i].msg_len;
        for (std::size_t done = 0; done < used;) {
            const int put =
                ::sendmmsg(socket, &headers[done], static_cast<unsigned>(used - done), 0);
            done += static_cast<std::size_t>(put > 0 ? put : 1);  // drops what cannot be sent
        }
    }
}

}  // namespace

// Usage: bare_udp [PORT [THREADS]]
int main(int argc, char** argv) {
    return bare::serve_on_threads(argc, argv, SOCK_DGRAM, serve);
}
