// Tests of polling before sleeping.
#include "system/spin.h"

#include <gtest/gtest.h>

#include <vector>

namespace sockbox::net {
namespace {

using namespace std::chrono_literals;

// How many waits in a row go without polling.
int left_out(Spin& spin) {
    int count = 0;
    while (!spin.is_due() && count < 1000)
        ++count;
    return count;
}

TEST(Spin, OfZeroNeverPolls) {
    Spin never;
    EXPECT_EQ(left_out(never), 1000);
    std::vector<Deadline> waits;
    never.wait(no_deadline, [&](Deadline until) {
        waits.push_back(until);
        return false;
    });
    EXPECT_EQ(waits, std::vector{no_deadline});
}

TEST(Spin, LeavesOutMoreAndMoreWaitsAfterPollingInVain) {
    Spin spin(1h);
    for (const int expected : {0, 1, 3, 7, 15, 31, 63, 63}) {
        EXPECT_EQ(left_out(spin), expected);
        spin.note(false);
    }
    left_out(spin);
    spin.note(true);
    EXPECT_EQ(left_out(spin), 0);
}

TEST(Spin, PollsUntilSomethingIsThere) {
    Spin spin(1h);
    int polls = 0;
    spin.wait(no_deadline, [&](Deadline until) {
        EXPECT_EQ(until, long_ago);
        return ++polls == 5;
    });
    EXPECT_EQ(polls, 5);
}

TEST(Spin, SleepsWhenItsTimeIsOver) {
    Spin spin(1ns);
    std::vector<Deadline> waits;
    spin.wait(no_deadline, [&](Deadline until) {
        waits.push_back(until);
        return false;
    });
    ASSERT_GE(waits.size(), 2U);
    EXPECT_EQ(waits.front(), long_ago);
    EXPECT_EQ(waits.back(), no_deadline);
}

TEST(Spin, PollsNoLongerThanTheDeadline) {
    Spin spin(1h);
    const Deadline soon = Clock::now() + 1ms;
    Deadline last{};
    spin.wait(soon, [&](Deadline until) {
        last = until;
        return false;
    });
    EXPECT_EQ(last, soon);
}

}  // namespace
}  // namespace sockbox::net
