// What a series of durations comes to: exact extremes, mean and deviation, beside the histogram.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "stats/histogram.h"

namespace sockbox::stats {

// A running count, mean and variance by Welford's method, which does not cancel where the mean is
// large against the deviation; merges by Chan's formula. In nanoseconds.
class Moments {
  public:
    void record(double value) noexcept;
    void merge(const Moments& other) noexcept;

    std::uint64_t count() const noexcept { return count_; }
    std::optional<double> mean() const noexcept;
    // Of the sample (n - 1); none below two values.
    std::optional<double> deviation() const noexcept;

  private:
    std::uint64_t count_ = 0;
    double mean_ = 0;
    double squares_ = 0;  // sum of squared differences from the mean
};

// All that is reported of a series. Fields are empty where they are undefined. Percentiles are
// samples, by nearest rank; the median of an even number lies between the middle two.
struct Summary {
    std::uint64_t count = 0;
    std::optional<std::chrono::nanoseconds> min, mean, median, p50, p90, p99, p999, max, deviation;
};

// Gathers a series. The samples of a short one are kept beside the histogram, so that its
// percentiles and its median are exact. Not synchronized; merge() brings threads together.
class Series {
  public:
    static constexpr std::size_t most_exact = 1000;

    Series() { samples_.reserve(most_exact); }

    void record(std::chrono::nanoseconds duration);
    void merge(const Series& other);
    Summary summary() const;
    // All of them together; 0 without any.
    double sum_ns() const noexcept;
    const Histogram& histogram() const noexcept { return histogram_; }

  private:
    Histogram histogram_;
    Moments moments_;
    std::vector<std::chrono::nanoseconds> samples_;  // all of them, or not as many as counted
};

}  // namespace sockbox::stats
