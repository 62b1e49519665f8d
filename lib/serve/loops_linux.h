// Event loops side by side, one a thread: the first accepts and hands the clients out in turn.
#pragma once

#include <future>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "serve/listeners.h"
#include "serve/mailbox_linux.h"
#include "serve/service.h"

namespace sockbox::serve {

// A Loop is created on the thread that runs it, by
//   static net::Result<std::unique_ptr<Loop>> create(Service&)
// and has, as Reactor has them, place_with(), listen(), answer_datagrams(), adopt() and run(), and
//   net::Status serve_from(Mailbox&)
// for the clients that come from the first one.
template <class Loop>
class LoopThread {
  public:
    // Waits until the loop is there, or could not be made.
    static net::Result<std::unique_ptr<LoopThread>> start(Service& service) {
        auto mailbox = Mailbox::create();
        if (!mailbox)
            return net::fail(mailbox.error());
        auto started = std::make_unique<LoopThread>(std::move(*mailbox));
        std::promise<net::Status> ready;
        try {
            started->thread_ =
                std::thread([raw = started.get(), &service, &ready] { raw->run(service, ready); });
        } catch (const std::system_error& error) {
            return net::fail({error.code(), "start a thread", {}, {}, {}});
        }
        if (auto made = ready.get_future().get(); !made)
            return net::fail(made.error());
        return started;
    }

    explicit LoopThread(std::unique_ptr<Mailbox> mailbox) : mailbox_(std::move(mailbox)) {}
    LoopThread(const LoopThread&) = delete;
    LoopThread& operator=(const LoopThread&) = delete;
    ~LoopThread() { static_cast<void>(finish()); }

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
        auto loop = Loop::create(service);
        if (!loop)
            return ready.set_value(net::fail(loop.error()));
        if (auto attached = (*loop)->serve_from(*mailbox_); !attached)
            return ready.set_value(std::move(attached));
        ready.set_value({});
        status_ = (*loop)->run();
    }

    std::unique_ptr<Mailbox> mailbox_;
    net::Status status_;
    std::thread thread_;
};

// An engine of so many loops as there are to be workers; as Engine::serve.
template <class Loop>
net::Status serve_with_loops(Service& service, Listeners listeners) {
    auto first = Loop::create(service);
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
        (*first)->place_with([&, next = std::size_t{0}](Client client) mutable {
            if (next == others.size())
                (*first)->adopt(std::move(client));
            else
                others[next]->put(std::move(client));
            next = next == others.size() ? 0 : next + 1;
        });
    if (auto ready = (*first)->listen(std::move(listeners.tcp)); !ready)
        return ready;
    if (auto ready = (*first)->answer_datagrams(std::move(listeners.udp)); !ready)
        return ready;
    net::Status status = (*first)->run();
    for (const auto& other : others)
        if (auto finished = other->finish(); status && !finished)
            status = finished;
    return status;
}

}  // namespace sockbox::serve
