// One number that many threads add to and any of them reads.
#pragma once

#include <atomic>
#include <cstdint>

namespace sockbox::serve {

// Lock-free and of fixed layout, so that it also counts across processes in shared memory.
class Counter {
  public:
    void add(std::uint64_t amount = 1) noexcept {
        value_.fetch_add(amount, std::memory_order_relaxed);
    }
    void subtract(std::uint64_t amount = 1) noexcept {
        value_.fetch_sub(amount, std::memory_order_relaxed);
    }
    std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
};

}  // namespace sockbox::serve
