// Tests of the clocks in lib/net/stamp.
#include "net/stamp.h"

#include <gtest/gtest.h>

namespace sockbox::net::stamp {
namespace {

using namespace std::chrono_literals;

constexpr Time now = 1'900'000'000s + 123'456'789ns;  // in 2030

TEST(StampClock, OnlyPtpIsAheadOfUtc) {
    const ClockQuality quality{true, 5ms, 37s};
    const LocalClock ntp(Format::ntp, quality);
    const LocalClock ptp(Format::ptp, quality);
    EXPECT_EQ(ntp.encode(now), encode_time(now, Format::ntp));
    EXPECT_EQ(ptp.encode(now), encode_time(now + 37s, Format::ptp));
    // Each clock reads both formats, whichever it writes.
    for (const LocalClock& clock : {ntp, ptp}) {
        EXPECT_EQ(clock.decode(ntp.encode(now), Format::ntp, now + 1s), now);
        EXPECT_EQ(clock.decode(ptp.encode(now), Format::ptp, now - 1s), now);
    }
    EXPECT_EQ(ptp.estimate(), (ErrorEstimate{true, Format::ptp, 5ms}));
}

TEST(StampClock, AnUnknownDistanceIsPartOfTheError) {
    const ClockQuality quality{true, 5ms, {}};
    const LocalClock ntp(Format::ntp, quality);
    const LocalClock ptp(Format::ptp, quality);
    EXPECT_EQ(ptp.decode(ptp.encode(now), Format::ptp, now), now);
    EXPECT_EQ(ptp.estimate().bound, 1min + 5ms);
    EXPECT_EQ(ntp.estimate().bound, 5ms);
    EXPECT_EQ(ntp.error_against({true, Format::ntp, 2ms}), 7ms);
    EXPECT_EQ(ntp.error_against({true, Format::ptp, 2ms}), 1min + 7ms) << "read with doubt, too";
    EXPECT_EQ(ptp.error_against({true, Format::ptp, 2ms}), 1min + 7ms);
}

}  // namespace
}  // namespace sockbox::net::stamp
