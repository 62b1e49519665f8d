// A number that many threads add to and any of them reads.
#pragma once

#include <atomic>
#include <cstdint>

namespace sockbox::serve {

// Lock-free and address-free, so it also works across processes in shared memory (the fork engine).
// All accesses are relaxed: a counter is only ever a number to report, and no thread derives the
// state of other memory from it. Each counter is exact, but several of them read together are not a
// consistent snapshot.
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
