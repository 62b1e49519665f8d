// Polling for a short while before sleeping.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "system/clock.h"

namespace sockbox::net {

// A deadline that has passed.
inline constexpr Deadline long_ago{};

// A processor that falls asleep and wakes up again takes longer than many round trips on a fast
// path: polling meanwhile saves that time, for processor time while nothing comes. It adapts: after
// polling in vain, some waits go without it, up to 63.
class Spin {
  public:
    // `longest`: how long to poll; 0: never.
    explicit Spin(std::chrono::nanoseconds longest = {}) noexcept : longest_(longest) {}

    // Waits by `poll`, which is given the deadline of its wait and returns whether something is
    // there. With long_ago it must not sleep.
    template <class Poll>
    void wait(Deadline deadline, const Poll& poll) {
        if (is_due()) {
            const Deadline until = std::min(deadline, deadline_in(longest_));
            bool found = poll(long_ago);
            while (!found && Clock::now() < until)
                found = poll(long_ago);
            note(found);
            if (found)
                return;
        }
        poll(deadline);
    }

    // Whether to poll before this wait; counts the waits.
    bool is_due() noexcept {
        if (longest_.count() == 0)
            return false;
        return skipped_ == 0 || skipped_-- == 0;
    }
    // Whether polling has found anything.
    void note(bool found) noexcept {
        misses_ = found ? std::uint8_t{0} : std::min<std::uint8_t>(misses_ + 1, 6);
        skipped_ = static_cast<std::uint8_t>((1U << misses_) - 1);
    }

  private:
    std::chrono::nanoseconds longest_;
    std::uint8_t misses_ = 0;   // in a row
    std::uint8_t skipped_ = 0;  // waits still to be left out
};

}  // namespace sockbox::net
