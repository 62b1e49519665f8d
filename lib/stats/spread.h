// Minimum, maximum and mean of a series of counts.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace sockbox::stats {
// Not synchronized; merge() combines the spreads of several threads.

struct Spread {
    std::uint64_t count = 0;
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max();  // if empty
    std::uint64_t most = 0;
    double sum = 0;

    void record(std::uint64_t value) noexcept {
        merge({1, value, value, static_cast<double>(value)});
    }
    void merge(const Spread& other) noexcept {
        count += other.count;
        least = std::min(least, other.least);
        most = std::max(most, other.most);
        sum += other.sum;
    }
    // 0 if empty.
    double mean() const noexcept { return count > 0 ? sum / static_cast<double>(count) : 0; }
};

}  // namespace sockbox::stats
