// Threads that end by themselves, and are awaited together.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

#include "system/thread.h"

namespace sockbox::serve {

// The threads are detached. If each were joined by the next one to end, thousands of them would
// wait for each other whenever many clients come and go at once. Any thread may start another.
class ThreadSet {
  public:
    ThreadSet() = default;
    ThreadSet(const ThreadSet&) = delete;
    ThreadSet& operator=(const ThreadSet&) = delete;
    // Blocks until every thread has finished its work.
    ~ThreadSet() {
        std::unique_lock lock(mutex_);
        none_running_.wait(lock, [this] { return running_ == 0; });
    }

    // Fails if the system cannot start a thread.
    template <class Work>
    net::Status start(Work work) {
        change_running(1);
        auto started = net::start_detached_thread([this, task = std::move(work)]() mutable {
            // Destroy the work and everything it holds before the set may be destroyed.
            Work(std::move(task))();
            change_running(-1);
        });
        if (!started)
            change_running(-1);
        return started;
    }

  private:
    void change_running(std::ptrdiff_t by) {
        const std::lock_guard lock(mutex_);
        running_ += by;
        // Notify under the lock, because the set may be destroyed as soon as it is released.
        if (running_ == 0)
            none_running_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable none_running_;
    std::ptrdiff_t running_ = 0;
};

}  // namespace sockbox::serve
