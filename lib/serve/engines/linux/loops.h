// Event loops on several threads: the first accepts and hands the clients out in turn, through
// mailboxes.
#pragma once

#include <future>
#include <memory>
#include <utility>
#include <vector>

#include "serve/engines/client_queue.h"
#include "serve/listeners.h"
#include "serve/service.h"
#include "system/memory.h"
#include "system/thread.h"

namespace sockbox::serve {

// The eventfd makes the queue something that a loop can wait for. No wakeup is lost: put() writes
// to it after queueing, and take() reads it before emptying the queue, so a client queued in
// between leaves it readable. The non-blocking write fails only at the counter's maximum, when it
// is readable anyway (eventfd(2)).
class Mailbox {
  public:
    using Content = ClientQueue::Content;

    static net::Result<std::unique_ptr<Mailbox>> create();
    explicit Mailbox(net::Socket wake) : wake_(std::move(wake)) {}

    // From any thread.
    void put(Client&& client);
    void close();  // no more clients will be put

    // For the receiving thread; readable when take() has something to return.
    net::NativeSocket waitable() const noexcept { return wake_.native(); }
    Content take();

  private:
    void wake();

    net::Socket wake_;
    ClientQueue queue_;
};

// A Loop is created on the thread that runs it, by
//   static net::Result<std::unique_ptr<Loop>> create(Service&, bool datagrams)
// ready to run and, if `datagrams`, to answer datagrams. It provides send_clients_to(), serve(),
// adopt() and run() like Reactor, and
//   net::Status serve_from(Mailbox&)
// for clients distributed by the first loop.
template <class Loop>
class LoopThread {
  public:
    // Blocks until the loop has been created or has failed to be.
    static net::Result<std::unique_ptr<LoopThread>> start(Service& service) {
        auto mailbox = Mailbox::create();
        if (!mailbox)
            return net::fail(mailbox.error());
        auto started = std::make_unique<LoopThread>(std::move(*mailbox));
        std::promise<net::Status> ready;
        auto thread = net::start_thread(
            [raw = started.get(), &service, &ready] { raw->run(service, ready); });
        if (!thread)
            return net::fail(thread.error());
        started->thread_ = std::move(*thread);
        if (auto made = ready.get_future().get(); !made)
            return net::fail(made.error());
        return started;
    }

    explicit LoopThread(std::unique_ptr<Mailbox> mailbox) : mailbox_(std::move(mailbox)) {}
    LoopThread(const LoopThread&) = delete;
    LoopThread& operator=(const LoopThread&) = delete;
    ~LoopThread() { static_cast<void>(finish()); }

    void put(Client&& client) { mailbox_->put(std::move(client)); }

    // Closes the mailbox to new clients; blocks until the remaining ones have been served.
    net::Status finish() {
        if (thread_.joinable()) {
            mailbox_->close();
            thread_.join();
        }
        return status_;
    }

  private:
    void run(Service& service, std::promise<net::Status>& ready) {
        auto loop = net::unless_out_of_memory("start a loop", [&] { return make_loop(service); });
        if (!loop)
            return ready.set_value(net::fail(loop.error()));
        ready.set_value({});
        status_ = (*loop)->run();
        if (!status_)
            service.drain().raise();  // it cannot serve the clients that it is given
    }

    net::Result<std::unique_ptr<Loop>> make_loop(Service& service) {
        auto loop = Loop::create(service, false);
        if (!loop)
            return loop;
        if (auto attached = (*loop)->serve_from(*mailbox_); !attached)
            return net::fail(attached.error());
        return loop;
    }

    std::unique_ptr<Mailbox> mailbox_;
    net::Status status_;
    std::thread thread_;
};

// Serves like Engine::serve() with as many loops as ServeOptions::workers.
template <class Loop>
net::Status serve_with_loops(Service& service, Listeners&& listeners) {
    auto first = Loop::create(service, !listeners.udp.empty());
    if (!first)
        return net::fail(first.error());
    std::vector<std::unique_ptr<LoopThread<Loop>>> others;
    while (others.size() + 1 < service.options().workers) {
        auto started = LoopThread<Loop>::start(service);
        if (!started)
            return net::fail(started.error());
        others.push_back(std::move(*started));
    }
    if (!others.empty())
        (*first)->send_clients_to([&, turn = std::size_t{0}](Client&& client) mutable {
            const std::size_t next = std::exchange(turn, (turn + 1) % (others.size() + 1));
            if (next == others.size())
                (*first)->adopt(std::move(client));
            else
                others[next]->put(std::move(client));
        });
    if (auto begun = service.begin(); !begun)
        return begun;
    net::Status status = (*first)->serve(std::move(listeners));
    for (const auto& other : others)
        if (auto finished = other->finish(); status && !finished)
            status = finished;
    return status;
}

}  // namespace sockbox::serve
