// The pool engine: threads that serve one client at a time; their number grows under load.
#include <condition_variable>
#include <deque>
#include <mutex>

#include "serve/engines/engines.h"
#include "serve/engines/readiness/reactor.h"
#include "serve/engines/thread_set.h"

namespace sockbox::serve {
namespace {

// A thread in excess of the configured number ends after this long without a client.
constexpr std::chrono::seconds surplus_patience{5};

class Pool {
  public:
    explicit Pool(Service& service) : service_(service) {}

    ~Pool() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        changed_.notify_all();
    }

    // Starts the configured number of threads.
    net::Status start() {
        const std::lock_guard lock(mutex_);
        while (threads_ < service_.options().workers)
            if (auto started = start_thread(); !started)
                return started;
        return {};
    }

    // Queues a client for a free thread, or starts one if the limit allows it. Turns the client
    // away if the system cannot start a thread.
    void serve(Client&& client) {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() >= free_ && threads_ < service_.options().max_workers) {
            if (auto started = start_thread(); !started)
                return reject(service_, std::move(client), started.error());
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

    // The next client; nullopt if the thread is to end.
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
    std::size_t threads_ = 0;  // threads that take clients
    std::size_t free_ = 0;     // of these, threads waiting for one
    bool closed_ = false;
    ThreadSet running_;  // destroyed first: its threads use the other members
};

}  // namespace

net::Status serve_with_pool(Service& service, Listeners&& listeners) {
    Pool pool(service);
    if (auto started = pool.start(); !started)
        return started;
    Reactor reactor(service, make_poll_poller());
    if (auto opened = reactor.open(!listeners.udp.empty()); !opened)
        return opened;
    reactor.send_clients_to([&pool](Client&& client) { pool.serve(std::move(client)); });
    if (auto begun = service.begin(); !begun)
        return begun;
    return reactor.serve(std::move(listeners));
}

}  // namespace sockbox::serve
