// The thread engine: a thread per client.
#include <memory>

#include "serve/engines/engines.h"
#include "serve/engines/readiness/reactor.h"
#include "serve/engines/thread_set.h"

namespace sockbox::serve {

net::Status serve_with_threads(Service& service, Listeners&& listeners) {
    BlockedReceivers receivers;
    ThreadSet threads;
    Reactor reactor(service, make_poll_poller());
    if (auto opened = reactor.open(!listeners.udp.empty()); !opened)
        return opened;
    reactor.wake_at_drain(receivers);
    reactor.send_clients_to([&](Client&& client) {
        const auto own = std::make_shared<Client>(std::move(client));
        const auto started =
            threads.start([&, own] { serve_alone(service, std::move(*own), &receivers); });
        if (!started)
            reject(service, std::move(*own), started.error());
    });
    if (auto begun = service.begin(); !begun)
        return begun;
    return reactor.serve(std::move(listeners));
}

}  // namespace sockbox::serve
