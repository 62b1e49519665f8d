// A mutex whose waiters get their turn in the order in which they came.
#pragma once

#include <atomic>
#include <cstdint>

namespace sockbox::net {

// For a thread that locks it again and again, such as a loop in each of its turns, and others that
// want it now and then: std::mutex would let the former have it every time. Meets the requirements
// of std::lock_guard.
class FairMutex {
  public:
    void lock() noexcept {
        const std::uint32_t ticket = next_.fetch_add(1, std::memory_order_relaxed);
        for (;;) {
            const std::uint32_t served = served_.load(std::memory_order_acquire);
            if (served == ticket)
                return;
            served_.wait(served, std::memory_order_acquire);
        }
    }

    void unlock() noexcept {
        served_.fetch_add(1, std::memory_order_release);
        served_.notify_all();
    }

  private:
    std::atomic<std::uint32_t> next_{0};
    std::atomic<std::uint32_t> served_{0};
};

}  // namespace sockbox::net
