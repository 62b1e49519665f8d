// How long things took, counted in buckets.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>

#include "serve/status/counter.h"

namespace sockbox::serve {

// As with Counter: any thread observes, any reads, and it may lie in shared memory.
struct DurationHistogram {
    // The buckets' upper bounds in seconds; one more holds what lies above the last.
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
