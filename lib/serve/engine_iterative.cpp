// The iterative engine: one client is served to its end before the next is accepted.
#include <thread>

#include "serve/engines.h"
#include "serve/reactor.h"

namespace sockbox::serve {
namespace {

// Datagrams are answered by a thread of their own: no client may keep them waiting.
net::Status answer_datagrams(Service& service, std::vector<net::Socket> udp) {
    Reactor reactor(service, make_poll_poller());
    if (auto ready = reactor.answer_datagrams(std::move(udp)); !ready)
        return ready;
    return reactor.run();
}

net::Status serve_streams(Service& service, std::vector<net::Socket> tcp) {
    Reactor reactor(service, make_poll_poller());
    reactor.place_with([&service](Client client) { serve_alone(service, std::move(client)); });
    if (auto ready = reactor.listen(std::move(tcp)); !ready)
        return ready;
    return reactor.run();
}

}  // namespace

net::Status serve_iteratively(Service& service, Listeners listeners) {
    net::Status answered;
    std::thread datagrams;
    try {
        if (!listeners.udp.empty())
            datagrams = std::thread(
                [&] { answered = answer_datagrams(service, std::move(listeners.udp)); });
    } catch (const std::system_error& error) {
        return net::fail({error.code(), "start a thread", {}, {}, {}});
    }
    const net::Status served = serve_streams(service, std::move(listeners.tcp));
    if (datagrams.joinable())
        datagrams.join();
    return served ? answered : served;
}

}  // namespace sockbox::serve
