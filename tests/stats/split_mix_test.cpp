// Tests of lib/stats/split_mix.
#include "stats/split_mix.h"

#include <gtest/gtest.h>

namespace sockbox::stats {
namespace {

// The first numbers of the reference implementation (Vigna, splitmix64.c) for these seeds.
TEST(SplitMix, AgreesWithTheReference) {
    SplitMix zero(0);
    EXPECT_EQ(zero.next(), 0xe220a8397b1dcdafU);
    EXPECT_EQ(zero.next(), 0x6e789e6aa1b965f4U);
    EXPECT_EQ(zero.next(), 0x06c45d188009454fU);
    SplitMix other(1234567);
    EXPECT_EQ(other.next(), 6457827717110365317U);
    EXPECT_EQ(other.next(), 3203168211198807973U);
}

TEST(SplitMix, EveryBitOfTheInputAffectsTheOutput) {
    for (int bit = 0; bit < 64; ++bit)
        EXPECT_NE(mix(1), mix(1 ^ (std::uint64_t{1} << bit))) << bit;
}

}  // namespace
}  // namespace sockbox::stats
