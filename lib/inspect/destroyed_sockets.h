// Sockets that the kernel reports at their end (sock_diag(7)), however short they lived.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "inspect/socket_facts.h"
#include "system/result.h"

namespace sockbox::net {

// A socket that has ended.
struct DestroyedSocket {
    std::uint64_t cookie = 0;  // see cookie_of()
    SocketFacts facts;         // `tcp_info` is the last one
};

// Listens for the ends of TCP and UDP sockets of the network namespace in which it was created; one
// that leaves a connection in TIME_WAIT behind has ended, too. A thread of its own takes the
// messages from the kernel, whose queue would otherwise overflow, and keeps at most `max_kept` of
// them.
class DestroyedSockets {
  public:
    static constexpr std::size_t max_kept = 16'384;  // about 7 MB

    // Takes only sockets with this local port, if one is given. Needs no privilege, but with
    // CAP_NET_ADMIN the kernel's queue is longer than net.core.rmem_max allows. Fails if the kernel
    // was built without sock_diag(7) or is older than Linux 4.2, or if no thread or descriptor is
    // left; always on Windows.
    static Result<DestroyedSockets> create(std::optional<std::uint16_t> port);

    DestroyedSockets(DestroyedSockets&&) noexcept;
    DestroyedSockets& operator=(DestroyedSockets&&) noexcept;
    ~DestroyedSockets();

    // What take() returns.
    struct Taken {
        std::vector<DestroyedSocket> sockets;  // in the order of their ends
        bool lost = false;                     // there were more, because a queue overflowed
    };
    // What has come since the last call. Does not block.
    Taken take();

  private:
    class Listener;
    explicit DestroyedSockets(std::unique_ptr<Listener> listener);

    std::unique_ptr<Listener> listener_;
};

}  // namespace sockbox::net
