// Tests of lib/stats/sequence_ranges.
#include "stats/tally.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace sockbox::stats {
namespace {

using Runs = std::map<std::uint64_t, std::uint64_t>;

TEST(SequenceRanges, NeighboursBecomeOneRun) {
    SequenceRanges ranges;
    for (const std::uint64_t number : {5, 7, 6, 0, 20, 4, 0, 21})
        ranges.add(number);
    EXPECT_EQ(ranges.runs(), (Runs{{0, 0}, {4, 7}, {20, 21}}));
    EXPECT_EQ(ranges.unlisted(), 0U);
}

TEST(SequenceRanges, AgreeWithASetInAnyOrder) {
    std::mt19937 random(7);
    SequenceRanges first;
    SequenceRanges second;
    std::set<std::uint64_t> expected;
    for (int i = 0; i < 2000; ++i) {
        const std::uint64_t number = random() % 1500;
        (i % 2 == 0 ? first : second).add(number);
        expected.insert(number);
    }
    first.merge(second);
    std::set<std::uint64_t> listed;
    std::uint64_t previous = 0;
    for (const auto& [from, to] : first.runs()) {
        EXPECT_TRUE(listed.empty() || from > previous + 1) << "runs that touch are one";
        for (std::uint64_t number = from; number <= to; ++number)
            listed.insert(number);
        previous = to;
    }
    EXPECT_EQ(listed, expected);
}

TEST(SequenceRanges, AreBoundedAndCountWhatIsNotListed) {
    SequenceRanges ranges;
    for (std::uint64_t i = 0; i < SequenceRanges::max_ranges + 50; ++i)
        ranges.add(2 * i);
    EXPECT_EQ(ranges.runs().size(), SequenceRanges::max_ranges);
    EXPECT_EQ(ranges.unlisted(), 50U);
    ranges.add(1);
    EXPECT_EQ(ranges.runs().size(), SequenceRanges::max_ranges - 1);
}

}  // namespace
}  // namespace sockbox::stats
