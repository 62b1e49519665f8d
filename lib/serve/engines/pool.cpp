// The pool engine: threads that wait for clients, more of them under load, and each serves one
// client at a time.
#include <condition_variable>
#include <deque>
#include <mutex>

#include "serve/engines/engines.h"
#include "serve/engines/readiness/reactor.h"
#include "serve/engines/thread_set.h"

namespace sockbox::serve {
namespace {

// A thread beyond those that the pool has at rest ends after it had no client for so long.
constexpr std::chrono::seconds surplus_patience{5};

class Pool {
  public:
    explicit Pool(Service& service) : service_(service) {}

    ~Pool() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        changed_.notify_all();
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
        auto started = running_.start([this] { work(); });
        if (started)
            ++threads_;
        return started;
    }

    void work() {
        std::unique_lock lock(mutex_);
        while (auto client = next(lock)) {
            lock.unlock();
            serve_alone(service_, std::move(*client));
            client.reset();
            lock.lock();
        }
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
    bool closed_ = false;
    ThreadSet running_;  // destroyed first: they use the others
};

}  // namespace

net::Status serve_with_pool(Service& service, Listeners&& listeners) {
    Pool pool(service);
    if (auto started = pool.start(); !started)
        return started;
    Reactor reactor(service, make_poll_poller());
    if (auto opened = reactor.open(!listeners.udp.empty()); !opened)
        return opened;
    reactor.place_with([&pool](Client&& client) { pool.serve(std::move(client)); });
    if (auto begun = service.begin(); !begun)
        return begun;
    return reactor.serve(std::move(listeners));
}

}  // namespace sockbox::serve
