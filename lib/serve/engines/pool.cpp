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
    Pool(Service& service, BlockedReceivers& receivers)
        : service_(service), receivers_(receivers) {}

    ~Pool() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        for (Idle* idle : idle_)
            idle->woken.notify_one();
    }

    // Starts the configured number of threads.
    net::Status start() {
        const std::lock_guard lock(mutex_);
        while (threads_ < service_.options().workers)
            if (auto started = start_thread(); !started)
                return started;
        return {};
    }

    // Gives a client to the thread that became idle last, so that those in excess stay idle; or
    // starts a thread if the limit allows it, or queues the client. Turns it away if the system
    // cannot start a thread.
    void serve(Client&& client) {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty())
            return wake(std::move(client));
        if (waiting_.size() >= starting_ && threads_ < service_.options().max_workers) {
            if (auto started = start_thread(); !started)
                return reject(service_, std::move(client), started.error());
        }
        waiting_.push_back(std::move(client));
    }

  private:
    // A thread without a client.
    struct Idle {
        std::condition_variable woken;
        std::optional<Client> client;
    };

    net::Status start_thread() {
        idle_.reserve(threads_ + 1);  // so that becoming idle needs no memory
        auto started = running_.start([this] { work(); });
        if (started) {
            ++threads_;
            ++starting_;
        }
        return started;
    }

    void wake(Client&& client) {
        Idle& last = *idle_.back();
        idle_.pop_back();
        last.client.emplace(std::move(client));
        last.woken.notify_one();
    }

    void work() {
        std::unique_lock lock(mutex_);
        --starting_;
        while (auto client = next(lock)) {
            lock.unlock();
            serve_alone(service_, std::move(*client), &receivers_);
            client.reset();
            lock.lock();
        }
        --threads_;
    }

    // The next client; nullopt if the thread is to end.
    std::optional<Client> next(std::unique_lock<std::mutex>& lock) {
        if (!waiting_.empty()) {
            std::optional<Client> client(std::move(waiting_.front()));
            waiting_.pop_front();
            return client;
        }
        Idle self;
        idle_.push_back(&self);
        const auto woken = [&] { return closed_ || self.client.has_value(); };
        while (!woken() && !self.woken.wait_for(lock, surplus_patience, woken) &&
               threads_ <= service_.options().workers) {
        }
        if (!self.client)
            std::erase(idle_, &self);
        return std::move(self.client);
    }

    Service& service_;
    BlockedReceivers& receivers_;
    std::mutex mutex_;
    std::deque<Client> waiting_;  // only while no thread is idle
    std::vector<Idle*> idle_;     // the one that became so last is at the end
    std::size_t threads_ = 0;     // threads that take clients
    std::size_t starting_ = 0;    // of these, threads that have not asked for one yet
    bool closed_ = false;
    ThreadSet running_;  // destroyed first: its threads use the other members
};

}  // namespace

net::Status serve_with_pool(Service& service, Listeners&& listeners) {
    BlockedReceivers receivers;
    Pool pool(service, receivers);
    if (auto started = pool.start(); !started)
        return started;
    Reactor reactor(service, make_poll_poller());
    if (auto opened = reactor.open(!listeners.udp.empty()); !opened)
        return opened;
    reactor.wake_at_drain(receivers);
    reactor.send_clients_to([&pool](Client&& client) { pool.serve(std::move(client)); });
    if (auto begun = service.begin(); !begun)
        return begun;
    return reactor.serve(std::move(listeners));
}

}  // namespace sockbox::serve
