// A log-linear histogram of durations with bounded memory and a bounded relative error.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "stats/detail.h"

namespace sockbox::stats {

// Counts durations from 0 to one hour. Below 2048 ns each nanosecond has its own bucket; above
// that, each power of two is divided into 1024 buckets, so a quantile is within 0.05 % of the
// sample it stands for. With Detail::compact these are 64 ns, 32 buckets and 1.6 %. A negative
// duration is counted as 0 and one over an hour as an hour, but min() and max() stay exact. Memory
// is taken for each power of two once there is a sample in it: 8 KiB, or 256 bytes if compact. Not
// synchronized: give each thread a histogram of its own and merge them.
//
//     Histogram rtt;
//     rtt.record(std::chrono::microseconds(850));
//     rtt.merge(rtt_of_other_thread);
//     if (const auto p99 = rtt.quantile(0.99))
//         fmt::print("{} ns\n", p99->count());
class Histogram {
  public:
    // The end of the range that has buckets.
    static constexpr std::chrono::nanoseconds longest = std::chrono::hours(1);

    // An empty histogram.
    explicit Histogram(Detail detail = Detail::full) noexcept;
    Histogram(const Histogram& other);
    Histogram(Histogram&& other) noexcept = default;
    Histogram& operator=(Histogram other) noexcept;
    ~Histogram() = default;

    // Counts a duration.
    void record(std::chrono::nanoseconds duration);
    // Samples of a histogram with another detail are taken as the middles of their buckets.
    void merge(const Histogram& other);

    // How many samples were recorded.
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

    // Counts durations d with low <= d < high.
    struct Bucket {
        std::chrono::nanoseconds low;   // the bucket contains it
        std::chrono::nanoseconds high;  // the bucket ends before it
        std::uint64_t count;            // of samples
    };
    // The non-empty buckets in ascending order.
    std::vector<Bucket> buckets() const;

  private:
    // The buckets of one power of two; the lowest two rows are those of single nanoseconds.
    using Row = std::unique_ptr<std::uint64_t[]>;

    std::uint64_t& count_of(std::size_t bucket);
    // Calls `visit(bucket, count)` for each bucket with samples in ascending order, until it
    // returns false.
    template <class Visit>
    void for_each(const Visit& visit) const;

    unsigned split_bits_;
    std::vector<Row> rows_;  // up to the highest with samples; null without
    std::uint64_t count_ = 0;
    std::chrono::nanoseconds smallest_ = std::chrono::nanoseconds::max();
    std::chrono::nanoseconds largest_ = std::chrono::nanoseconds::min();
};

}  // namespace sockbox::stats
