// The IOCP engine: a loop at a completion port per worker; the first one accepts for all.
#include "serve/engines/windows/iocp/engine.h"

#include <array>

#include "serve/engines/windows/iocp/loop.h"
#include "system/thread.h"

namespace sockbox::serve {
namespace {

// An additional loop and its thread.
class Worker {
  public:
    static net::Result<std::unique_ptr<Worker>> start(Service& service) {
        auto loop = IocpLoop::create(service);
        if (!loop)
            return net::fail(loop.error());
        auto worker = std::make_unique<Worker>(std::move(*loop));
        auto thread = net::start_thread([raw = worker.get()] { raw->status_ = raw->loop_->run(); });
        if (!thread)
            return net::fail(thread.error());
        worker->thread_ = std::move(*thread);
        return worker;
    }

    explicit Worker(std::unique_ptr<IocpLoop> loop) : loop_(std::move(loop)) {}
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker() { finish(); }

    IocpLoop& loop() { return *loop_; }

    // Lets no more clients in; blocks until the remaining ones have been served.
    net::Status finish() {
        if (thread_.joinable()) {
            loop_->close();
            thread_.join();
        }
        return status_;
    }

  private:
    std::unique_ptr<IocpLoop> loop_;
    net::Status status_;
    std::thread thread_;
};

using Workers = std::vector<std::unique_ptr<Worker>>;

// Distributes clients to the first loop and the others in turn.
Place in_turn(IocpLoop& first, Workers& workers) {
    return [&first, &workers, turn = std::size_t{0}](Client&& client) mutable {
        const std::size_t next = std::exchange(turn, (turn + 1) % (workers.size() + 1));
        if (next == workers.size())
            first.adopt(std::move(client));
        else
            workers[next]->loop().put(std::move(client));
    };
}

// Answers datagrams until the drain; wakes the loops when the drain and when the abort is raised.
class Watcher {
  public:
    using Wake = std::function<void()>;

    static net::Result<std::unique_ptr<Watcher>> start(Service& service,
                                                       std::vector<net::Socket> udp, Wake wake) {
        auto finished = net::StopSignal::create();
        if (!finished)
            return net::fail(finished.error());
        return std::make_unique<Watcher>(service, std::move(udp), std::move(wake),
                                         std::move(*finished));
    }

    Watcher(Service& service, std::vector<net::Socket> udp, Wake wake, net::StopSignal finished)
        : finished_(std::move(finished)),
          thread_([this, &service, all = std::move(wake), moved = std::move(udp)]() mutable {
              status_ = echo_datagrams(std::move(moved), service.options().datagrams,
                                       service.counters().datagrams, service.drain());
              all();
              await_abort(service);
              all();
          }) {}
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;
    ~Watcher() { finish(); }

    net::Status finish() {
        finished_.raise();
        if (thread_.joinable())
            thread_.join();
        return status_;
    }

  private:
    void await_abort(Service& service) {
        std::array<net::PollEntry, 2> entries{};
        entries[0].fd = service.abort().waitable();
        entries[1].fd = finished_.waitable();
        for (net::PollEntry& entry : entries)
            entry.events = POLLIN;
        net::platform::poll(entries, -1);
    }

    net::StopSignal finished_;
    net::Status status_;
    std::thread thread_;
};

}  // namespace

net::Status serve_with_iocp(Service& service, Listeners&& listeners) {
    auto first = IocpLoop::create(service);
    if (!first)
        return net::fail(first.error());
    Workers workers;
    while (workers.size() + 1 < service.options().workers) {
        auto worker = Worker::start(service);
        if (!worker)
            return net::fail(worker.error());
        workers.push_back(std::move(*worker));
    }
    if (!workers.empty())
        (*first)->place_with(in_turn(**first, workers));
    service.observer().ready();
    if (auto ready = (*first)->listen(std::move(listeners.tcp)); !ready)
        return ready;
    auto watcher = Watcher::start(service, std::move(listeners.udp), [&] {
        (*first)->wake();
        for (const auto& worker : workers)
            worker->loop().wake();
    });
    if (!watcher)
        return net::fail(watcher.error());
    (*first)->close();
    net::Status status = (*first)->run();
    for (const auto& worker : workers)
        if (auto finished = worker->finish(); status && !finished)
            status = finished;
    auto answered = (*watcher)->finish();
    return status ? answered : status;
}

}  // namespace sockbox::serve
