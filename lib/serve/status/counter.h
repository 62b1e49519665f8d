// Numbers that many threads add to and any of them reads: counters and histograms of durations.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
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

// Like Counter, written and read by any thread without a lock, and usable in shared memory. The
// buckets and the sum are updated one after the other, so a concurrent reader may see them differ
// by the observations in progress.
struct DurationHistogram {
    // Upper bounds of the buckets in seconds; one more bucket holds longer durations.
    static constexpr std::array<double, 13> bounds{0.001, 0.003, 0.01, 0.03, 0.1,  0.3,  1.0,
                                                   3.0,   10.0,  30.0, 100., 300., 3600.};

    void observe(std::chrono::nanoseconds duration) noexcept {
        const double seconds = std::chrono::duration<double>(duration).count();
        const auto bound = std::lower_bound(bounds.begin(), bounds.end(), seconds);
        counts[static_cast<std::size_t>(bound - bounds.begin())].add();
        sum_ns.add(static_cast<std::uint64_t>(duration.count()));
    }

    std::array<Counter, bounds.size() + 1> counts;
    Counter sum_ns;
};

}  // namespace sockbox::serve
