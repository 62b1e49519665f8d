// Tests of lib/probe/lanes/probe_window.
#include "probe/lanes/datagram_form.h"

#include <gtest/gtest.h>

namespace sockbox::probe {
namespace {

using State = Probe::State;

TEST(ProbeWindow, FindsBehindAWrapOfTheNumbersOnTheWire) {
    ProbeWindow window{MeasurePlan()};
    constexpr std::uint64_t first = 0xffff'fffe;
    for (int i = 0; i < 4; ++i)
        window.add({});
    EXPECT_EQ(window.find(0xffff'fffe, first, 32), 0U);
    EXPECT_EQ(window.find(0xffff'ffff, first, 32), 1U);
    EXPECT_EQ(window.find(0, first, 32), 2U);
    EXPECT_EQ(window.find(1, first, 32), 3U);
    EXPECT_FALSE(window.find(2, first, 32)) << "not sent yet";
    EXPECT_FALSE(window.find(0xffff'fffd, first, 32)) << "before the first";
    EXPECT_FALSE(window.find(0, first, 64));
    EXPECT_EQ(window.find(0x1'0000'0001, first, 64), 3U);
}

// The kernel numbers its timestamps modulo 2^32, from 0 for the probe with some index.
TEST(ProbeWindow, FindsTheProbeOfAStampAfterTwoToThe32) {
    ProbeWindow window{MeasurePlan()};
    for (int i = 0; i < 10; ++i)
        window.add({});
    const std::uint64_t stamps_from = 3;
    EXPECT_EQ(window.find(0, 0 - stamps_from, 32), 3U);
    EXPECT_EQ(window.find(6, 0 - stamps_from, 32), 9U);
    EXPECT_FALSE(window.find(7, 0 - stamps_from, 32)) << "not sent yet";
    // As if 2^32 more had been sent before the probes that are kept.
    const std::uint64_t wrapped = 0 - (std::uint64_t{1} << 32) - 3;
    EXPECT_EQ(window.find(static_cast<std::uint32_t>(4 - wrapped), 0 - wrapped, 32), 4U);
}

TEST(ProbeWindow, KeepsWhatIsAwaitedAndForgetsTheRest) {
    ProbeWindow window{MeasurePlan()};
    std::uint64_t added = 0;
    while (window.has_room())
        EXPECT_EQ(window.add({}), added++);
    EXPECT_EQ(window.outstanding(), added);
    window.settle(1, State::answered);
    EXPECT_FALSE(window.has_room()) << "the oldest is awaited still";
    window.settle(0, State::lost);
    EXPECT_EQ(window.oldest_awaited(), 2U);
    EXPECT_TRUE(window.has_room());
    window.add({});
    EXPECT_FALSE(window.keeps(0));
    EXPECT_TRUE(window.keeps(1));
    EXPECT_FALSE(window.find(0, 0, 64));
}

TEST(ProbeWindow, IsBoundedWhateverTheRate) {
    MeasurePlan plan;
    plan.rate = 1e8;
    ProbeWindow window(plan);
    std::size_t room = 0;
    for (; window.has_room(); ++room)
        window.add({});
    EXPECT_EQ(room, std::size_t{1} << 20);
}

}  // namespace
}  // namespace sockbox::probe
