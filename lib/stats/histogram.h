// A log-linear histogram of durations: bounded memory, a stated error, and merging across threads.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace sockbox::stats {

// Counts durations from 0 to an hour. Below 2048 ns every nanosecond has a bucket of its own;
// above, each power of two is cut into 1024 buckets. So a percentile is at most 0.05 % off the
// sample it stands for. Longer durations are counted with the longest bucket, shorter than 0 with
// 0; the exact smallest and largest are kept beside. Takes 260 KiB, however many samples. Not
// synchronized: one thread records, and merge() brings the threads together.
class Histogram {
  public:
    static constexpr std::chrono::nanoseconds longest = std::chrono::hours(1);

    Histogram();

    void record(std::chrono::nanoseconds duration) noexcept;
    void merge(const Histogram& other) noexcept;

    std::uint64_t count() const noexcept { return count_; }

    // The exact extremes, also of what lies outside the range; none without samples.
    std::optional<std::chrono::nanoseconds> min() const noexcept;
    std::optional<std::chrono::nanoseconds> max() const noexcept;

    // The duration that a share of `quantile` (0 to 1) of the samples does not exceed, by nearest
    // rank; none without samples.
    std::optional<std::chrono::nanoseconds> quantile(double quantile) const noexcept;
    // Which of `count` samples (1 or more) in rising order that is, from 1 on.
    static std::uint64_t rank_of(double quantile, std::uint64_t count) noexcept;
    // The sample of that rank, from 1 to count().
    std::chrono::nanoseconds at_rank(std::uint64_t rank) const noexcept;

    // How many samples were not longer than `bound`, to the resolution of the buckets.
    std::uint64_t count_up_to(std::chrono::nanoseconds bound) const noexcept;

    // A run of durations counted together: from `low` up to but not including `high`.
    struct Bucket {
        std::chrono::nanoseconds low;
        std::chrono::nanoseconds high;
        std::uint64_t count;
    };
    // The buckets that have samples, in rising order.
    std::vector<Bucket> buckets() const;

  private:
    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    std::chrono::nanoseconds smallest_ = std::chrono::nanoseconds::max();
    std::chrono::nanoseconds largest_ = std::chrono::nanoseconds::min();
};

}  // namespace sockbox::stats
