// Tests of lib/stats/time_spread and of values derived from it.
#include "stats/summary.h"

#include <gtest/gtest.h>

#include "stats/measurement.h"

namespace sockbox::stats {
namespace {

using namespace std::chrono_literals;

TEST(TimeSpread, TakesNegativeTimes) {
    TimeSpread spread;
    TimeSpread other;
    spread.record(-3ms);
    other.record(1ms);
    other.record(5ms);
    spread.merge(other);
    const Summary summary = spread.summary();
    EXPECT_EQ(summary.count, 3U);
    EXPECT_EQ(summary.min, -3ms);
    EXPECT_EQ(summary.mean, 1ms);
    EXPECT_EQ(summary.max, 5ms);
    EXPECT_EQ(summary.deviation, 4ms);
    EXPECT_FALSE(summary.p50);
    EXPECT_FALSE(TimeSpread().summary().mean);
}

TEST(Measurement, LossIsDividedAmongItsPlaces) {
    Measurement numbers;
    numbers.lost = 10;
    numbers.undelivered = 4;
    numbers.overflowed = 3;
    EXPECT_EQ(numbers.lost_in_own_buffer(), 3U);
    EXPECT_EQ(numbers.lost_on_path(), 3U);
    numbers.overflowed = 50;  // also drops of datagrams that were not replies to ours
    EXPECT_EQ(numbers.lost_in_own_buffer(), 6U);
    EXPECT_EQ(numbers.lost_on_path(), 0U);
}

TEST(Measurement, OwnShareIsThatOfTheTimeAProgramSees) {
    Measurement numbers;
    EXPECT_FALSE(numbers.own_share());
    numbers.rtt.record(30us);
    numbers.own_time.record(10us);
    EXPECT_DOUBLE_EQ(*numbers.own_share(), 0.25);
}

}  // namespace
}  // namespace sockbox::stats
