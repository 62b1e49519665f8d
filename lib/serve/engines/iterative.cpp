// The iterative engine: serves one client at a time, each to its end.
#include <future>

#include "serve/engines/engines.h"
#include "serve/engines/readiness/reactor.h"
#include "system/memory.h"
#include "system/thread.h"

namespace sockbox::serve {
namespace {

// Answers datagrams on a thread of its own, so that they do not wait for a client. The thread
// starts before the sockets are handed over, so that serving cannot fail for lack of one.
class Answerer {
  public:
    Answerer() = default;
    Answerer(const Answerer&) = delete;
    Answerer& operator=(const Answerer&) = delete;
    ~Answerer() { static_cast<void>(finish()); }

    net::Status start(Reactor& reactor) {
        auto thread = net::start_thread([this, &reactor, told = sockets_.get_future()]() mutable {
            status_ = net::unless_out_of_memory("answer", [&] {
                return reactor.serve({{}, told.get()});
            });
        });
        if (!thread)
            return net::fail(thread.error());
        thread_ = std::move(*thread);
        return {};
    }

    void answer(std::vector<net::Socket> udp) {
        sockets_.set_value(std::move(udp));
        told_ = true;
    }

    // Blocks until the drain of the service is over.
    net::Status finish() {
        if (!thread_.joinable())
            return {};
        if (!told_)
            answer({});
        thread_.join();
        return status_;
    }

  private:
    std::promise<std::vector<net::Socket>> sockets_;
    bool told_ = false;
    net::Status status_;
    std::thread thread_;
};

}  // namespace

net::Status serve_iteratively(Service& service, Listeners&& listeners) {
    Reactor streams(service, make_poll_poller());
    Reactor datagrams(service, make_poll_poller());
    Answerer answerer;
    if (auto opened = streams.open(); !opened)
        return opened;
    if (!listeners.udp.empty()) {
        if (auto opened = datagrams.open(true); !opened)
            return opened;
        if (auto started = answerer.start(datagrams); !started)
            return started;
    }
    if (auto begun = service.begin(); !begun)
        return begun;
    answerer.answer(std::move(listeners.udp));
    streams.send_clients_to(
        [&service](Client&& client) { serve_alone(service, std::move(client)); });
    const net::Status served = net::unless_out_of_memory("serve", [&] {
        return streams.serve({std::move(listeners.tcp), {}});
    });
    const net::Status answered = answerer.finish();
    return served ? answered : served;
}

}  // namespace sockbox::serve
