// The iocp engine: a loop at an I/O completion port for each worker.
#include <algorithm>
#include <array>

#include "serve/engines/engines.h"
#include "serve/engines/windows/iocp/loop.h"
#include "system/memory.h"
#include "system/thread.h"

namespace sockbox::serve {
namespace {

// An additional loop and its thread.
class LoopThread {
  public:
    static net::Result<std::unique_ptr<LoopThread>> start(Service& service) {
        auto loop = IocpLoop::create(service);
        if (!loop)
            return net::fail(loop.error());
        auto worker = std::make_unique<LoopThread>(std::move(*loop));
        auto thread = net::start_thread([raw = worker.get(), &service] {
            raw->status_ = raw->loop_->run();
            if (!raw->status_)
                service.drain().raise();  // it cannot serve the clients that it is given
        });
        if (!thread)
            return net::fail(thread.error());
        worker->thread_ = std::move(*thread);
        return worker;
    }

    explicit LoopThread(std::unique_ptr<IocpLoop> loop) : loop_(std::move(loop)) {}
    LoopThread(const LoopThread&) = delete;
    LoopThread& operator=(const LoopThread&) = delete;
    ~LoopThread() { finish(); }

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

using LoopThreads = std::vector<std::unique_ptr<LoopThread>>;

// Distributes clients to the first loop and the others in turn.
ClientSink in_turn(IocpLoop& first, LoopThreads& workers) {
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
        auto watcher = std::make_unique<Watcher>(std::move(*finished));
        auto thread = net::start_thread(
            [raw = watcher.get(), &service, all = std::move(wake),
             moved = std::move(udp)]() mutable { raw->watch(service, std::move(moved), all); });
        if (!thread)
            return net::fail(thread.error());
        watcher->thread_ = std::move(*thread);
        return watcher;
    }

    explicit Watcher(net::StopSignal finished) : finished_(std::move(finished)) {}
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
    void watch(Service& service, std::vector<net::Socket> udp, const Wake& wake) {
        status_ = net::unless_out_of_memory("answer", [&] {
            return echo_datagrams(std::move(udp), service.options().datagrams,
                                  service.counters().datagrams, service.drain());
        });
        if (!status_)
            service.drain().raise();
        wake();
        await_abort(service);
        wake();
    }

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

net::Result<std::unique_ptr<IocpLoop>> IocpLoop::create(Service& service) {
    auto port = CompletionPort::create();
    if (!port)
        return net::fail(port.error());
    net::Pages buffer = net::allocate_pages(buffer_bytes);
    if (!buffer)
        return net::fail({net::platform::error_of(std::errc::not_enough_memory),
                          "allocate a buffer",
                          {},
                          {},
                          {}});
    return std::make_unique<IocpLoop>(service, std::move(*port), std::move(buffer));
}

IocpLoop::IocpLoop(Service& service, CompletionPort port, net::Pages buffer)
    : service_(service), port_(std::move(port)), buffer_(std::move(buffer)), duties_(service) {}

IocpLoop::~IocpLoop() {
    if (!duties_.draining())
        begin_drain();
    abort_all();
    closed_ = true;
    while (!finished() && port_.wait(net::no_deadline)) {
    }
}

net::Status IocpLoop::listen(std::vector<net::Socket> tcp) {
    for (net::Socket& listener : tcp) {
        acceptors_.push_back(std::make_unique<IocpAcceptor>(*this, std::move(listener)));
        if (auto started = acceptors_.back()->start(); !started)
            return started;
    }
    return {};
}

void IocpLoop::adopt(Client&& client) noexcept {
    try {
        connections_.push_front(std::make_unique<IocpConnection>(*this, std::move(client)));
        connections_.front()->start(connections_.begin());
    } catch (const std::bad_alloc&) {
        reject(service_, std::move(client), net::out_of_memory("serve"));
    }
}

void IocpLoop::put(Client&& client) {
    placed_.put(std::move(client));
    wake();
}

void IocpLoop::close() {
    placed_.close();
    wake();
}

net::Status IocpLoop::run() {
    while (!finished()) {
        duties_.new_turn();
        const net::Deadline deadline = next_deadline();
        duties_.new_turn();
        if (auto waited = port_.wait(deadline); !waited)
            return waited;
        after_wait();
    }
    return {};
}

bool IocpLoop::finished() const {
    return closed_ && connections_.empty() &&
           std::all_of(acceptors_.begin(), acceptors_.end(),
                       [](const auto& acceptor) { return acceptor->over(); });
}

net::Deadline IocpLoop::next_deadline() {
    net::Deadline next = connections_.empty() ? net::no_deadline : duties_.next_sweep();
    for (const auto& acceptor : acceptors_)
        next = std::min(next, acceptor->resumes());
    return next;
}

void IocpLoop::after_wait() {
    ClientQueue::Content placed = placed_.take();
    closed_ = placed.closed;
    for (Client& client : placed.clients)
        adopt(std::move(client));
    if (duties_.is_drain_due() || (!duties_.draining() && service_.abort().raised()))
        begin_drain();
    if (service_.abort().raised())
        return abort_all();
    for (const auto& acceptor : acceptors_)
        acceptor->check_time(duties_.now());
    if (!connections_.empty() && duties_.begin_sweep())
        for_each([](IocpConnection& connection) { connection.check_time(); });
}

void IocpLoop::begin_drain() {
    duties_.begin_drain();
    for (const auto& acceptor : acceptors_)
        acceptor->finish();
}

void IocpLoop::abort_all() {
    for_each([](IocpConnection& connection) { connection.abort(); });
}

// Calls `visit` for each connection; it may destroy the one it is given.
template <class Visit>
void IocpLoop::for_each(const Visit& visit) {
    for (auto next = connections_.begin(); next != connections_.end();)
        visit(**next++);
}

net::Status serve_with_iocp(Service& service, Listeners&& listeners) {
    auto first = IocpLoop::create(service);
    if (!first)
        return net::fail(first.error());
    LoopThreads workers;
    while (workers.size() + 1 < service.options().workers) {
        auto worker = LoopThread::start(service);
        if (!worker)
            return net::fail(worker.error());
        workers.push_back(std::move(*worker));
    }
    if (!workers.empty())
        (*first)->send_clients_to(in_turn(**first, workers));
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
    if (!status)
        service.drain().raise();  // the other loops end, too
    for (const auto& worker : workers)
        if (auto finished = worker->finish(); status && !finished)
            status = finished;
    auto answered = (*watcher)->finish();
    return status ? answered : status;
}

}  // namespace sockbox::serve
