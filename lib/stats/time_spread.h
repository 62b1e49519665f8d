// Extremes, mean and deviation of times that may be negative, such as delays between two clocks.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "stats/summary.h"

namespace sockbox::stats {

// Exact extremes, mean and deviation in constant memory; no percentiles. Not synchronized; merge()
// combines the spreads of several threads.
class TimeSpread {
  public:
    void record(std::chrono::nanoseconds time) noexcept;
    void merge(const TimeSpread& other) noexcept;

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
