// The pool engine: threads that wait for clients, more of them under load, and each serves one
// client at a time.
#include <condition_variable>
#include <deque>
#include <mutex>

#include "net/thread.h"
#include "serve/engines.h"
#include "serve/reactor.h"

namespace sockbox::serve {
namespace {

// A thread beyond those that the pool has at rest ends after it had no client for so long.
constexpr std::chrono::seconds surplus_patience{5};

class Pool {
  public:
    explicit Pool(Service& service) : service_(service) {}

    ~Pool() {
        std::unique_lock lock(mutex_);
        closed_ = true;
        changed_.notify_all();
        changed_.wait(lock, [this] { return alive_ == 0; });
        lock.unlock();
        if (last_ended_.joinable())
            last_ended_.join();
    }

    // The threads that it has at rest.
    net::Status start() {
        const std::lock_guard lock(mutex_);
        while (threads_ < service_.options().workers)
            if (auto started = start_thread(); !started)
                return started;
        return {};
    }

    // A client waits until a thread is free; a new one is started while there may be more. Where
    // the system has no room for it, the client is turned away.
    void serve(Client&& client) {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() >= free_ && threads_ < service_.options().max_workers) {
            if (auto started = start_thread(); !started)
                return turn_away(service_, std::move(client), started.error());
        }
        waiting_.push_back(std::move(client));
        changed_.notify_all();
    }

  private:
    net::Status start_thread() {
        auto handle = std::make_shared<std::thread>();
        auto started = net::start_thread([this, handle] { work(*handle); });
        if (!started)
            return net::fail(started.error());
        *handle = std::move(*started);
        ++threads_;
        ++alive_;
        return {};
    }

    void work(std::thread& self) {
        std::unique_lock lock(mutex_);
        while (auto client = next(lock)) {
            lock.unlock();
            serve_alone(service_, std::move(*client));
            client.reset();
            lock.lock();
        }
        std::thread before = std::exchange(last_ended_, std::move(self));
        lock.unlock();
        if (before.joinable())
            before.join();
        lock.lock();
        --alive_;
        changed_.notify_all();
    }

    // The next client, or none where the thread is to end.
    std::optional<Client> next(std::unique_lock<std::mutex>& lock) {
        ++free_;
        const auto woken = [this] { return closed_ || !waiting_.empty(); };
        while (!woken() && !changed_.wait_for(lock, surplus_patience, woken) &&
               threads_ <= service_.options().workers) {
        }
        --free_;
        if (waiting_.empty()) {
            --threads_;
            return std::nullopt;
        }
        std::optional<Client> client(std::move(waiting_.front()));
        waiting_.pop_front();
        return client;
    }

    Service& service_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Client> waiting_;
    std::size_t threads_ = 0;  // that take clients
    std::size_t free_ = 0;     // of them, those that wait for one
    std::size_t alive_ = 0;    // and those on their way out
    bool closed_ = false;
    std::thread last_ended_;  // joined by the next one that ends
};

}  // namespace

net::Status serve_with_pool(Service& service, Listeners&& listeners) {
    Pool pool(service);
    if (auto started = pool.start(); !started)
        return started;
    Reactor reactor(service, make_poll_poller());
    reactor.place_with([&pool](Client&& client) { pool.serve(std::move(client)); });
    service.observer().ready();
    return reactor.serve(std::move(listeners));
}

}  // namespace sockbox::serve
