// Tests of lib/stats/tally.
#include "stats/tally.h"

#include <gtest/gtest.h>

#include <numeric>

namespace sockbox::stats {
namespace {

std::uint64_t total(const Tally& tally) {
    return std::accumulate(tally.begin(), tally.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const auto& one) { return sum + one.second; });
}

Failure error(int number) {
    return {{}, "error " + std::to_string(number), {}, number};
}

TEST(Tally, CountsEachApart) {
    const Failure reset{"receive", "reset", "ECONNRESET", 104};
    const Failure refused{"connect", "refused", "ECONNREFUSED", 111};
    Tally tally;
    EXPECT_TRUE(tally.empty());
    ++tally[reset];
    tally[refused] += 2;
    ++tally[reset];
    EXPECT_EQ(tally.size(), 2U);
    EXPECT_EQ(tally[reset], 2U);
    EXPECT_EQ(tally.begin()->first, refused) << "in the order of phase and words";
}

TEST(Tally, StopsGrowingAndLosesNoCount) {
    Tally first;
    Tally second;
    const Failure others{{}, Tally::others, {}, 0};
    for (int i = 0; i < 1000; ++i) {
        ++first[error(i)];
        ++second[error(i + 500)];
    }
    EXPECT_EQ(first.size(), Tally::max_kinds + 1);
    EXPECT_EQ(first[others], 1000 - Tally::max_kinds);
    ++first[error(1)];
    EXPECT_EQ(first[error(1)], 2U) << "what is known keeps its own count";
    first.merge(second);
    EXPECT_EQ(first.size(), Tally::max_kinds + 1);
    EXPECT_EQ(total(first), 2001U);
    Tally empty;
    empty.merge(first);
    EXPECT_EQ(empty.size(), first.size()) << "the others of another are not a name";
    EXPECT_EQ(total(empty), total(first));
}

}  // namespace
}  // namespace sockbox::stats
