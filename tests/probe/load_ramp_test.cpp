// Tests of lib/probe/load/load_ramp, with flows that are functions of the time.
#include "probe/load/load_ramp.h"

#include <gtest/gtest.h>

#include <functional>

namespace sockbox::probe {
namespace {

using namespace std::chrono_literals;

// Bytes received and under way at a time in seconds.
using Curve = std::function<double(double)>;

// When the ramp is over.
std::chrono::milliseconds end_of_ramp(const Curve& received, const Curve& under_way) {
    LoadRamp ramp;
    std::chrono::milliseconds elapsed{0};
    while (!ramp.is_over() && elapsed < 60s) {
        elapsed += LoadRamp::interval;
        const double at = std::chrono::duration<double>(elapsed).count();
        const auto back = static_cast<std::uint64_t>(received(at));
        ramp.take(back + static_cast<std::uint64_t>(under_way(at)), back);
    }
    return elapsed;
}

TEST(LoadRamp, IsOverAfterTwoSteadySeconds) {
    EXPECT_EQ(end_of_ramp([](double at) { return 1e6 * at; }, [](double) { return 5e5; }), 2s);
}

TEST(LoadRamp, WaitsWhileTheRateGrows) {
    const auto received = [](double at) { return at < 4 ? 1e6 * at * at : 16e6 + 8e6 * (at - 4); };
    const auto end = end_of_ramp(received, [](double) { return 5e5; });
    EXPECT_GT(end, 4s);
    EXPECT_LE(end, 6s);
}

TEST(LoadRamp, WaitsWhileAQueueFillsAtTheFullRate) {
    const auto end = end_of_ramp([](double at) { return 1e6 * at; },
                                 [](double at) { return 1e5 * std::min(at, 5.0); });
    EXPECT_GT(end, 5s);
    EXPECT_LE(end, 7s);
}

TEST(LoadRamp, TakesTenSecondsAtMost) {
    EXPECT_EQ(end_of_ramp([](double at) { return 1e6 * at * at; }, [](double) { return 0; }), 10s);
    EXPECT_EQ(end_of_ramp([](double) { return 0; }, [](double) { return 4e6; }), 10s)
        << "flows that carry nothing are not steady";
}

TEST(LoadRamp, MoreMayComeBackThanWasSent) {
    LoadRamp ramp;
    std::uint64_t bytes = 0;
    for (int i = 0; i < LoadRamp::shortest / LoadRamp::interval; ++i) {
        EXPECT_FALSE(ramp.is_over());
        bytes += 1000;
        ramp.take(bytes - 1, bytes);
    }
    EXPECT_TRUE(ramp.is_over());
}

TEST(DrainTime, IsThatOfBothDirectionsWithinBounds) {
    EXPECT_EQ(drain_time(0ns), 100ms);
    EXPECT_EQ(drain_time(200ms), 400ms);
    EXPECT_EQ(drain_time(1h), 10s);
}

}  // namespace
}  // namespace sockbox::probe
