// The iterative engine: one client is served to its end before the next is accepted.
#include "net/thread.h"
#include "serve/engines.h"
#include "serve/out_of_memory.h"
#include "serve/reactor.h"

namespace sockbox::serve {
namespace {

// Datagrams are answered by a thread of their own: no client may keep them waiting.
net::Status answer_datagrams(Service& service, std::vector<net::Socket> udp) {
    Reactor reactor(service, make_poll_poller());
    return reactor.serve({{}, std::move(udp)});
}

net::Status serve_streams(Service& service, std::vector<net::Socket> tcp) {
    Reactor reactor(service, make_poll_poller());
    reactor.place_with([&service](Client&& client) { serve_alone(service, std::move(client)); });
    return reactor.serve({std::move(tcp), {}});
}

}  // namespace

net::Status serve_iteratively(Service& service, Listeners&& listeners) {
    service.observer().ready();
    net::Status answered;
    net::Result<std::thread> datagrams{};
    if (!listeners.udp.empty())
        datagrams = net::start_thread([&] {
            answered = unless_out_of_memory(
                "answer", [&] { return answer_datagrams(service, std::move(listeners.udp)); });
        });
    if (!datagrams)
        return net::fail(datagrams.error());
    const net::Status served = unless_out_of_memory(
        "serve", [&] { return serve_streams(service, std::move(listeners.tcp)); });
    if (datagrams->joinable())
        datagrams->join();
    return served ? answered : served;
}

}  // namespace sockbox::serve
