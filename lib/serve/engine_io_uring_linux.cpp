// The io_uring engine: completion loops, one a worker; the first one accepts for all.
#include "serve/engine_io_uring_linux.h"

#include <future>
#include <thread>

#include "serve/ring_reactor_linux.h"

namespace sockbox::serve {
namespace {

// A loop beside the first. A ring belongs to the thread that made it, so the thread comes first and
// tells whether it could make one.
class Worker {
  public:
    static net::Result<std::unique_ptr<Worker>> start(Service& service) {
        auto mailbox = Mailbox::create();
        if (!mailbox)
            return net::fail(mailbox.error());
        auto worker = std::make_unique<Worker>(std::move(*mailbox));
        std::promise<net::Status> ready;
        try {
            worker->thread_ =
                std::thread([raw = worker.get(), &service, &ready] { raw->run(service, ready); });
        } catch (const std::system_error& error) {
            return net::fail({error.code(), "start a thread", {}, {}, {}});
        }
        if (auto started = ready.get_future().get(); !started)
            return net::fail(started.error());
        return worker;
    }

    explicit Worker(std::unique_ptr<Mailbox> mailbox) : mailbox_(std::move(mailbox)) {}
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker() { finish(); }

    void put(Client client) { mailbox_->put(std::move(client)); }

    // No more clients come; waits until those it has are served.
    net::Status finish() {
        if (thread_.joinable()) {
            mailbox_->close();
            thread_.join();
        }
        return status_;
    }

  private:
    void run(Service& service, std::promise<net::Status>& ready) {
        auto ring = Ring::create();
        if (!ring)
            return ready.set_value(net::fail(ring.error()));
        RingReactor reactor(service, std::move(*ring));
        reactor.serve_from(*mailbox_);
        ready.set_value({});
        status_ = reactor.run();
    }

    std::unique_ptr<Mailbox> mailbox_;
    net::Status status_;
    std::thread thread_;
};

using Workers = std::vector<std::unique_ptr<Worker>>;

// Clients in turn to the first loop and the others.
RingReactor::Place in_turn(RingReactor& first, Workers& workers) {
    return [&first, &workers, next = std::size_t{0}](Client client) mutable {
        if (next == workers.size())
            first.adopt(std::move(client));
        else
            workers[next]->put(std::move(client));
        next = next == workers.size() ? 0 : next + 1;
    };
}

}  // namespace

net::Status io_uring_available() {
    const auto ring = Ring::create();
    return ring ? net::Status() : net::Status(net::fail(ring.error()));
}

net::Status serve_with_io_uring(Service& service, Listeners listeners) {
    auto ring = Ring::create();
    if (!ring)
        return net::fail(ring.error());
    Workers workers;
    RingReactor first(service, std::move(*ring));
    while (workers.size() + 1 < service.options().workers) {
        auto worker = Worker::start(service);
        if (!worker)
            return net::fail(worker.error());
        workers.push_back(std::move(*worker));
    }
    if (!workers.empty())
        first.place_with(in_turn(first, workers));
    first.listen(std::move(listeners.tcp));
    if (auto ready = first.answer_datagrams(std::move(listeners.udp)); !ready)
        return ready;
    net::Status status = first.run();
    for (const auto& worker : workers)
        if (auto finished = worker->finish(); status && !finished)
            status = finished;
    return status;
}

}  // namespace sockbox::serve
