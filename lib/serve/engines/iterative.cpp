// The iterative engine: serves one client at a time, each to its end.
#include "serve/engines/engines.h"
#include "serve/engines/readiness/reactor.h"

namespace sockbox::serve {

net::Status serve_iteratively(Service& service, Listeners&& listeners) {
    Reactor reactor(service, make_poll_poller());
    reactor.serve_one_at_a_time();
    if (auto opened = reactor.open(!listeners.udp.empty()); !opened)
        return opened;
    if (auto begun = service.begin(); !begun)
        return begun;
    return reactor.serve(std::move(listeners));
}

}  // namespace sockbox::serve
