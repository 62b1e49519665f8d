// Tests of lib/serve/limits/reply_budget.
#include "serve/limits/reply_budget.h"

#include <gtest/gtest.h>

#include <random>

namespace sockbox::serve {
namespace {

using namespace std::chrono_literals;

const net::Endpoint real = *net::Endpoint::parse("192.0.2.1", 4242);

int taken(ReplyBudget& budget, const net::Endpoint& source, net::Deadline now, int asked) {
    int count = 0;
    for (int i = 0; i < asked; ++i)
        count += budget.take(source, now) ? 1 : 0;
    return count;
}

net::Endpoint forged(std::mt19937& random) {
    return *net::Endpoint::parse(
        std::to_string(random() % 200 + 1) + "." + std::to_string(random() % 256) + "." +
            std::to_string(random() % 256) + "." + std::to_string(random() % 256),
        4242);
}

TEST(ReplyBudget, SoManyAtOnceAndAsManyEachSecond) {
    ReplyBudget budget(10);
    const net::Deadline begin = net::Clock::now();
    EXPECT_EQ(taken(budget, real, begin, 100), 10);
    EXPECT_EQ(taken(budget, real, begin + 500ms, 100), 5);
    EXPECT_EQ(taken(budget, real, begin + 1h, 100), 10);
}

TEST(ReplyBudget, PortsShareItAddressesDoNot) {
    ReplyBudget budget(10);
    const net::Deadline now = net::Clock::now();
    EXPECT_EQ(taken(budget, real, now, 6), 6);
    EXPECT_EQ(taken(budget, real.with_port(1), now, 6), 4);
    EXPECT_EQ(taken(budget, real.mapped(), now, 6), 0);
    EXPECT_EQ(taken(budget, *net::Endpoint::parse("192.0.2.2"), now, 6), 6);
    EXPECT_EQ(taken(budget, *net::Endpoint::parse("2001:db8::1"), now, 6), 6);
}

TEST(ReplyBudget, ZeroIsNoBound) {
    ReplyBudget budget(0);
    EXPECT_EQ(taken(budget, real, net::Clock::now(), 100'000), 100'000);
}

// However many sources are forged, each real source gets its replies and none gets more.
TEST(ReplyBudget, ForgedSourcesNeitherStarveNorFreeARealOne) {
    ReplyBudget budget(10);
    std::mt19937 random(1);
    const net::Deadline now = net::Clock::now();
    EXPECT_EQ(taken(budget, real, now, 10), 10);
    for (int i = 0; i < 200'000; ++i)
        budget.take(forged(random), now);
    EXPECT_EQ(taken(budget, real, now, 10), 0);
    const net::Endpoint other = *net::Endpoint::parse("203.0.113.7");
    EXPECT_EQ(taken(budget, other, now, 20), 10);
}

}  // namespace
}  // namespace sockbox::serve
