// A log-linear histogram of durations with bounded memory and a bounded relative error.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace sockbox::stats {

// Counts durations from 0 to one hour. Below 2048 ns each nanosecond has its own bucket; above
// that, each power of two is divided into 1024 buckets, so a quantile is within 0.05 % of the
// sample it stands for. A negative duration is counted as 0 and one over an hour as an hour, but
// min() and max() stay exact. Takes about 260 KiB however many samples are recorded; record() and
// merge() never allocate. Not synchronized: give each thread a histogram of its own and merge them.
//
//     Histogram rtt;
//     rtt.record(std::chrono::microseconds(850));
//     rtt.merge(rtt_of_other_thread);
//     if (const auto p99 = rtt.quantile(0.99))
//         fmt::print("{} ns\n", p99->count());
class Histogram {
  public:
    static constexpr std::chrono::nanoseconds longest = std::chrono::hours(1);

    Histogram();

    void record(std::chrono::nanoseconds duration) noexcept;
    void merge(const Histogram& other) noexcept;

    std::uint64_t count() const noexcept { return count_; }

    // The exact extremes, even outside the range of the buckets; nullopt without samples.
    std::optional<std::chrono::nanoseconds> min() const noexcept;
    std::optional<std::chrono::nanoseconds> max() const noexcept;

    // The smallest recorded duration that at least a fraction `quantile` (clamped to 0 to 1) of the
    // samples do not exceed: the nearest-rank method. nullopt without samples.
    std::optional<std::chrono::nanoseconds> quantile(double quantile) const noexcept;
    // The nearest rank of `quantile` among `count` samples (at least 1) in ascending order; 1 is
    // the smallest sample.
    static std::uint64_t rank_of(double quantile, std::uint64_t count) noexcept;
    // The sample of the given rank, 1 to count(), to the resolution of the buckets.
    std::chrono::nanoseconds at_rank(std::uint64_t rank) const noexcept;

    // The number of samples no longer than `bound`, to the resolution of the buckets.
    std::uint64_t count_up_to(std::chrono::nanoseconds bound) const noexcept;

    // Counts durations d with low <= d < high.
    struct Bucket {
        std::chrono::nanoseconds low;
        std::chrono::nanoseconds high;
        std::uint64_t count;
    };
    // The non-empty buckets in ascending order.
    std::vector<Bucket> buckets() const;

  private:
    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    std::chrono::nanoseconds smallest_ = std::chrono::nanoseconds::max();
    std::chrono::nanoseconds largest_ = std::chrono::nanoseconds::min();
};

}  // namespace sockbox::stats
