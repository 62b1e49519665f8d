// Where a series of times lies that may be negative, such as between two clocks: no distribution.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "stats/summary.h"

namespace sockbox::stats {

// Exact extremes, mean and deviation, in constant memory. Not synchronized; merge() brings threads
// together.
class TimeSpread {
  public:
    void record(std::chrono::nanoseconds time) noexcept;
    void merge(const TimeSpread& other) noexcept;

    std::uint64_t count() const noexcept { return moments_.count(); }
    double sum_ns() const noexcept;
    // Of these only the fields that do not need a distribution are there.
    Summary summary() const;

  private:
    Moments moments_;
    std::chrono::nanoseconds smallest_ = std::chrono::nanoseconds::max();
    std::chrono::nanoseconds largest_ = std::chrono::nanoseconds::min();
};

}  // namespace sockbox::stats
