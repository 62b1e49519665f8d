// Threads that end by themselves, and are waited for all together.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

#include "system/thread.h"

namespace sockbox::serve {

// Its threads are detached: joined each by the next one to end, thousands wait for each other where
// clients come and go at once. Any thread may start another.
class ThreadSet {
  public:
    ThreadSet() = default;
    ThreadSet(const ThreadSet&) = delete;
    ThreadSet& operator=(const ThreadSet&) = delete;
    // Waits until each has done its work.
    ~ThreadSet() {
        std::unique_lock lock(mutex_);
        none_running_.wait(lock, [this] { return running_ == 0; });
    }

    // Fails where the system has no room for a thread.
    template <class Work>
    net::Status start(Work work) {
        change_running(1);
        auto started = net::start_thread([this, task = std::move(work)]() mutable {
            // Gone, with all it holds, before the set may be.
            Work(std::move(task))();
            change_running(-1);
        });
        if (!started) {
            change_running(-1);
            return net::fail(started.error());
        }
        started->detach();
        return {};
    }

  private:
    void change_running(std::ptrdiff_t by) {
        const std::lock_guard lock(mutex_);
        running_ += by;
        // Under the lock, for the set may be gone once it is released.
        if (running_ == 0)
            none_running_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable none_running_;
    std::ptrdiff_t running_ = 0;
};

}  // namespace sockbox::serve
