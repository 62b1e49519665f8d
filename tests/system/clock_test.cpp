// Tests of lib/system/clock.
#include "system/clock.h"

#include <gtest/gtest.h>

namespace sockbox::net {
namespace {

using namespace std::chrono_literals;

TEST(Clock, DeadlinesBeyondTheClockNeverCome) {
    EXPECT_EQ(deadline_in(std::chrono::nanoseconds::max()), no_deadline);
    EXPECT_LT(deadline_in(1h), no_deadline);
    EXPECT_GT(deadline_in(1h), Clock::now() + 59min);
    const Deadline now = deadline_in(0s);
    EXPECT_LE(now, Clock::now());
}

TEST(Clock, PollTimeoutsRoundUpAndStayInRange) {
    EXPECT_EQ(poll_timeout(no_deadline), -1);
    EXPECT_EQ(poll_timeout(Clock::now() - 1h), 0);
    EXPECT_EQ(poll_timeout(Clock::now() + 1000h), INT_MAX);
    EXPECT_GE(poll_timeout(Clock::now() + 1h), 1);
    // If rounded down, the last millisecond would be spent in a busy loop.
    for (int i = 0; i < 100; ++i) {
        const Deadline deadline = Clock::now() + 1500us;
        const int timeout = poll_timeout(deadline);
        if (Clock::now() < deadline) {
            EXPECT_GE(timeout, 1);
        }
    }
}

}  // namespace
}  // namespace sockbox::net
