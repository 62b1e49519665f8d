// The loop at an I/O completion port.
#include "serve/engines/windows/iocp/loop.h"

#include <algorithm>

#include "serve/out_of_memory.h"

namespace sockbox::serve {

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
    : service_(service), port_(std::move(port)), buffer_(std::move(buffer)) {}

IocpLoop::~IocpLoop() {
    if (!draining_)
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
        turn_away(service_, std::move(client), out_of_memory("serve"));
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
        if (auto waited = port_.wait(next_deadline()); !waited)
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

net::Deadline IocpLoop::next_deadline() const {
    net::Deadline next = connections_.empty() ? net::no_deadline : next_sweep_;
    for (const auto& acceptor : acceptors_)
        next = std::min(next, acceptor->resumes());
    return next;
}

void IocpLoop::after_wait() {
    ClientQueue::Content placed = placed_.take();
    closed_ = placed.closed;
    for (Client& client : placed.clients)
        adopt(std::move(client));
    if (!draining_ && (service_.drain().raised() || service_.abort().raised()))
        begin_drain();
    if (service_.abort().raised())
        return abort_all();
    const net::Deadline now = net::Clock::now();
    for (const auto& acceptor : acceptors_)
        acceptor->check_time(now);
    if (now < next_sweep_)
        return;
    next_sweep_ = now + service_.sweep_interval(draining_);
    for_each([](IocpConnection& connection) { connection.check_time(); });
}

void IocpLoop::begin_drain() {
    draining_ = true;
    drain_deadline_ = service_.drain_deadline();
    next_sweep_ = net::Clock::now();
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

}  // namespace sockbox::serve
