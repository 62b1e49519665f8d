// Extremes and moments of times that may be negative.
#include "stats/time_spread.h"

#include <algorithm>
#include <cmath>

namespace sockbox::stats {

using std::chrono::nanoseconds;

void TimeSpread::record(nanoseconds time) noexcept {
    moments_.record(static_cast<double>(time.count()));
    smallest_ = std::min(smallest_, time);
    largest_ = std::max(largest_, time);
}

void TimeSpread::merge(const TimeSpread& other) noexcept {
    moments_.merge(other.moments_);
    smallest_ = std::min(smallest_, other.smallest_);
    largest_ = std::max(largest_, other.largest_);
}

double TimeSpread::sum_ns() const noexcept {
    return moments_.mean().value_or(0) * static_cast<double>(count());
}

Summary TimeSpread::summary() const {
    Summary summary;
    summary.count = count();
    if (count() == 0)
        return summary;
    summary.min = smallest_;
    summary.max = largest_;
    summary.mean = nanoseconds(std::llround(*moments_.mean()));
    if (const auto deviation = moments_.deviation())
        summary.deviation = nanoseconds(std::llround(*deviation));
    return summary;
}

}  // namespace sockbox::stats
