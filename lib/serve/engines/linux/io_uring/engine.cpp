// The io_uring engine: a completion loop per worker; the first one accepts for all.
#include "serve/engines/linux/io_uring/engine.h"

#include "serve/engines/linux/io_uring/reactor.h"
#include "serve/engines/linux/loops.h"

namespace sockbox::serve {

net::Status io_uring_available() {
    return Ring::probe();
}

net::Status serve_with_io_uring(Service& service, Listeners&& listeners) {
    return serve_with_loops<RingReactor>(service, std::move(listeners));
}

}  // namespace sockbox::serve
