// The io_uring engine: completion loops, one a worker; the first one accepts for all.
#include "serve/engine_io_uring_linux.h"

#include "serve/loops_linux.h"
#include "serve/ring_reactor_linux.h"

namespace sockbox::serve {

net::Status io_uring_available() {
    return Ring::probe();
}

net::Status serve_with_io_uring(Service& service, Listeners&& listeners) {
    return serve_with_loops<RingReactor>(service, std::move(listeners));
}

}  // namespace sockbox::serve
