// Summaries of a series of values: extremes, mean and deviation in constant memory, and
// percentiles.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

#include "stats/histogram.h"

namespace sockbox::stats {

// Extremes and sum of a series of integers. Not synchronized; merge() combines the spreads of
// several threads.
struct Spread {
    std::uint64_t count = 0;                                        // of values
    std::uint64_t min = std::numeric_limits<std::uint64_t>::max();  // if empty
    std::uint64_t max = 0;                                          // 0 if empty
    double sum = 0;                                                 // of all values

    // Adds a value, or those of another thread.
    void record(std::uint64_t value) noexcept {
        merge({1, value, value, static_cast<double>(value)});
    }
    void merge(const Spread& other) noexcept {
        count += other.count;
        min = std::min(min, other.min);
        max = std::max(max, other.max);
        sum += other.sum;
    }
    // 0 if empty.
    double mean() const noexcept { return count > 0 ? sum / static_cast<double>(count) : 0; }
};

// Running count, mean and variance in constant memory, by Welford's method, which avoids the
// cancellation of a naive sum of squares when the mean is large compared with the deviation;
// merge() uses the parallel formula of Chan et al. Values may be negative. Not synchronized.
class Moments {
  public:
    // Adds a value, or those of another thread.
    void record(double value) noexcept;
    void merge(const Moments& other) noexcept;

    // How many values there are, and their mean; nullopt without any.
    std::uint64_t count() const noexcept { return count_; }
    std::optional<double> mean() const noexcept;
    // The sample standard deviation (divisor n - 1); nullopt for fewer than two values.
    std::optional<double> deviation() const noexcept;

  private:
    std::uint64_t count_ = 0;
    double mean_ = 0;
    double squares_ = 0;  // sum of squared differences from the mean
};

// What is reported about a series. A field is empty if undefined: all of them without samples,
// `deviation` with fewer than two. Percentiles are samples chosen by nearest rank; the median of an
// even number of samples is the midpoint of the middle two.
struct Summary {
    std::uint64_t count = 0;                            // of samples
    std::optional<std::chrono::nanoseconds> min;        // the shortest
    std::optional<std::chrono::nanoseconds> mean;       // the arithmetic mean
    std::optional<std::chrono::nanoseconds> median;     // see above
    std::optional<std::chrono::nanoseconds> p50;        // the 50th percentile
    std::optional<std::chrono::nanoseconds> p90;        // the 90th
    std::optional<std::chrono::nanoseconds> p99;        // the 99th
    std::optional<std::chrono::nanoseconds> p999;       // the 99.9th
    std::optional<std::chrono::nanoseconds> max;        // the longest
    std::optional<std::chrono::nanoseconds> deviation;  // the standard deviation (divisor n - 1)
};

// Collects a series of non-negative durations. Percentiles and the median are exact as long as all
// samples fit in max_exact (with Detail::compact, max_exact_compact), and as precise as the
// histogram after that. Not synchronized; merge() combines the series of several threads.
//
//     Series rtt;
//     rtt.record(reply_at - sent_at);
//     const Summary summary = rtt.summary();
//     if (summary.p99)
//         fmt::print("p99 {} ns of {} samples\n", summary.p99->count(), summary.count);
class Series {
  public:
    // How many samples are kept, with Detail::full and with Detail::compact.
    static constexpr std::size_t max_exact = 1000;
    static constexpr std::size_t max_exact_compact = 32;

    // An empty series.
    explicit Series(Detail detail = Detail::full) noexcept
        : max_samples_(detail == Detail::full ? max_exact : max_exact_compact),
          histogram_(detail) {}

    // Adds a duration, or those of another thread.
    void record(std::chrono::nanoseconds duration);
    void merge(const Series& other);
    // Sorts up to max_exact samples or walks the histogram, so it is not for a hot loop.
    Summary summary() const;
    // The sum of all samples in nanoseconds; 0 without any.
    double sum_ns() const noexcept;
    const Histogram& histogram() const noexcept { return histogram_; }

  private:
    std::size_t max_samples_;
    Histogram histogram_;
    Moments moments_;
    std::vector<std::chrono::nanoseconds> samples_;  // all of them, or none
};

// Exact extremes, mean and deviation in constant memory; no percentiles. Not synchronized; merge()
// combines the spreads of several threads.
class TimeSpread {
  public:
    // Adds a time, or those of another thread.
    void record(std::chrono::nanoseconds time) noexcept;
    void merge(const TimeSpread& other) noexcept;

    // How many times there are.
    std::uint64_t count() const noexcept { return moments_.count(); }
    // The sum in nanoseconds; 0 if empty.
    double sum_ns() const noexcept;
    // Percentiles and the median are always empty.
    Summary summary() const;

  private:
    Moments moments_;
    std::chrono::nanoseconds smallest_ = std::chrono::nanoseconds::max();
    std::chrono::nanoseconds largest_ = std::chrono::nanoseconds::min();
};

}  // namespace sockbox::stats
