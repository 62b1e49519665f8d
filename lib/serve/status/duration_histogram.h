// A histogram of durations for metrics.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>

#include "serve/status/counter.h"

namespace sockbox::serve {

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
