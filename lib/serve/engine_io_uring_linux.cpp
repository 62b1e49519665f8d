// The io_uring engine: completion loops, one a worker; the first one accepts for all.
#include "serve/engine_io_uring_linux.h"

#include "serve/engine_epoll_linux.h"

#include "serve/loops_linux.h"
#include "serve/ring_reactor_linux.h"

namespace sockbox::serve {

net::Status io_uring_available() {
    const auto ring = Ring::create();
    return ring ? net::Status() : net::Status(net::fail(ring.error()));
}

net::Status serve_with_io_uring(Service& service, Listeners listeners) {
    // Faults hold bytes back; that takes time and no completions.
    const auto& faults = service.options().datagrams.faults;
    if (faults != nullptr && faults->concern(net::Transport::tcp))
        return serve_with_epoll(service, std::move(listeners));
    return serve_with_loops<RingReactor>(service, std::move(listeners));
}

}  // namespace sockbox::serve
