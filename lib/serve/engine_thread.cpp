// The thread engine: a thread a client, which ends with it.
#include <condition_variable>
#include <memory>
#include <mutex>

#include "net/thread.h"
#include "serve/engines.h"
#include "serve/out_of_memory.h"
#include "serve/reactor.h"

namespace sockbox::serve {
namespace {

// Threads that end by themselves. Each, as its last deed, joins the one that ended before it, so
// that one at most has ended and keeps its stack.
class ThreadSet {
  public:
    ~ThreadSet() {
        std::unique_lock lock(mutex_);
        none_running_.wait(lock, [this] { return running_ == 0; });
        lock.unlock();
        if (last_ended_.joinable())
            last_ended_.join();
    }

    // Fails where the system has no room for a thread.
    template <class Work>
    net::Status start(Work work) {
        auto handle = std::make_shared<std::thread>();
        // Held until the handle is in its place: the thread may end at once.
        const std::lock_guard lock(mutex_);
        auto started = net::start_thread([this, handle, task = std::move(work)]() mutable {
            task();
            end(*handle);
        });
        if (!started)
            return net::fail(started.error());
        *handle = std::move(*started);
        ++running_;
        return {};
    }

  private:
    void end(std::thread& self) {
        std::thread before;
        {
            const std::lock_guard lock(mutex_);
            before = std::exchange(last_ended_, std::move(self));
        }
        if (before.joinable())
            before.join();
        const std::lock_guard lock(mutex_);
        if (--running_ == 0)
            none_running_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable none_running_;
    std::size_t running_ = 0;
    std::thread last_ended_;
};

}  // namespace

net::Status serve_with_threads(Service& service, Listeners&& listeners) {
    ThreadSet threads;
    Reactor reactor(service, make_poll_poller());
    reactor.place_with([&](Client&& client) {
        const auto own = std::make_shared<Client>(std::move(client));
        const auto started = unless_out_of_memory("start a thread", [&] {
            return threads.start([&service, own] { serve_alone(service, std::move(*own)); });
        });
        if (!started)
            turn_away(service, std::move(*own), started.error());
    });
    service.observer().ready();
    return reactor.serve(std::move(listeners));
}

}  // namespace sockbox::serve
