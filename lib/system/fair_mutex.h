// A mutex whose waiters get their turn in the order in which they came.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace sockbox::net {

// For a thread that locks it again and again, such as a loop in each of its turns, and others that
// want it now and then: std::mutex would let the former have it every time. Meets the requirements
// of std::lock_guard. Must outlive unlock().
class FairMutex {
  public:
    // Costs one atomic operation unless another thread has it.
    void lock() {
        const std::uint32_t ticket = next_++;
        if (served_ == ticket)
            return;
        std::unique_lock lock(mutex_);
        turn_.wait(lock, [&] { return served_ == ticket; });
    }

    void unlock() {
        const std::uint32_t turn = ++served_;
        if (next_ == turn)
            return;  // a thread that comes now sees its turn in served_
        {
            // A waiter is either before its look at served_ or waits.
            const std::lock_guard lock(mutex_);
        }
        turn_.notify_all();
    }

  private:
    std::atomic<std::uint32_t> next_{0};
    std::atomic<std::uint32_t> served_{0};
    // std::atomic::wait() of libstdc++ 12 can miss a notification on systems without futexes.
    std::mutex mutex_;
    std::condition_variable turn_;
};

}  // namespace sockbox::net
