// The thread engine: a thread a client, which ends with it.
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "serve/engines.h"
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

    // Throws std::system_error where the system has no room for a thread.
    template <class Work>
    void start(Work work) {
        // Held until the handle is in its place: the thread may end at once.
        auto handle = std::make_shared<std::thread>();
        const std::lock_guard lock(mutex_);
        *handle = std::thread([this, handle, task = std::move(work)]() mutable {
            task();
            end(*handle);
        });
        ++running_;
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

net::Status serve_with_threads(Service& service, Listeners listeners) {
    ThreadSet threads;
    Reactor reactor(service, make_poll_poller());
    reactor.place_with([&](Client client) {
        const auto own = std::make_shared<Client>(std::move(client));
        try {
            threads.start([&service, own] { serve_alone(service, std::move(*own)); });
        } catch (const std::system_error& error) {
            turn_away(service, std::move(*own), {error.code(), "start a thread", {}, {}, {}});
        } catch (const std::bad_alloc&) {
            turn_away(
                service, std::move(*own),
                {std::make_error_code(std::errc::not_enough_memory), "start a thread", {}, {}, {}});
        }
    });
    if (auto ready = reactor.listen(std::move(listeners.tcp)); !ready)
        return ready;
    if (auto ready = reactor.answer_datagrams(std::move(listeners.udp)); !ready)
        return ready;
    return reactor.run();
}

}  // namespace sockbox::serve
