// Tests of lib/probe/address_choice, without a clock or a resolver.
#include "probe/address_choice.h"

#include <gtest/gtest.h>

namespace sockbox::probe {
namespace {

using namespace std::chrono_literals;

const net::Endpoint a = *net::Endpoint::parse("192.0.2.1", 7);
const net::Endpoint b = *net::Endpoint::parse("192.0.2.2", 7);
const net::Endpoint c = *net::Endpoint::parse("2001:db8::1", 7);
const net::Clock::time_point start{1h};

class AddressChoiceTest : public testing::Test {
  protected:
    static AddressChoice named(std::optional<net::Endpoint> address = {},
                               std::chrono::nanoseconds every = 60s) {
        return {{every, 2s, true}, address, start};
    }
    // The time at which it wants a lookup, which then fails.
    static net::Clock::time_point fail_next(AddressChoice& choice) {
        const auto at = choice.next_lookup();
        choice.lookup_began();
        EXPECT_EQ(choice.next_lookup(), net::no_deadline) << "one at a time";
        choice.take_failure(at);
        return at;
    }
    static bool answer(AddressChoice& choice, std::initializer_list<net::Endpoint> found,
                       net::Clock::time_point now) {
        choice.lookup_began();
        return choice.take_answer(std::span(found.begin(), found.size()), now);
    }
};

TEST_F(AddressChoiceTest, LooksUpAtOnceAndThenWithGrowingPauses) {
    AddressChoice choice = named();
    EXPECT_FALSE(choice.address());
    auto before = fail_next(choice);
    EXPECT_EQ(before, start);
    for (const auto pause : {1s, 2s, 4s, 8s, 16s, 16s}) {
        const auto at = fail_next(choice);
        EXPECT_EQ(at - before, pause);
        before = at;
    }
}

TEST_F(AddressChoiceTest, LooksUpAtItsIntervalAndStaysWithItsAddress) {
    AddressChoice choice = named();
    EXPECT_TRUE(answer(choice, {a, b}, start));
    EXPECT_EQ(choice.address(), a);
    EXPECT_EQ(choice.next_lookup(), start + 60s);
    EXPECT_FALSE(answer(choice, {b, a}, start + 60s)) << "the order may change";
    EXPECT_EQ(choice.address(), a);
    EXPECT_EQ(choice.next_lookup(), start + 120s);
}

TEST_F(AddressChoiceTest, MovesWhenItsAddressIsGone) {
    AddressChoice choice = named(a);
    choice.heard();
    EXPECT_TRUE(answer(choice, {c, b}, start + 60s));
    EXPECT_EQ(choice.address(), c);
}

TEST_F(AddressChoiceTest, LooksUpInAnOutageAsOftenAsThreeTimeouts) {
    AddressChoice choice = named(a);
    choice.heard();
    choice.missed(start + 10s);
    EXPECT_EQ(choice.next_lookup(), start + 16s);
    EXPECT_FALSE(answer(choice, {a, b}, start + 16s)) << "it answered before";
    EXPECT_EQ(choice.next_lookup(), start + 22s);
    choice.lookup_began();
    choice.take_failure(start + 32s);
    EXPECT_EQ(choice.address(), a);
    EXPECT_EQ(choice.next_lookup(), start + 38s);
    choice.heard();
    EXPECT_EQ(choice.next_lookup(), start + 92s);
}

TEST_F(AddressChoiceTest, AnOutageLastsAtLeastASecond) {
    AddressChoice choice({60s, 1ms, true}, a, start);
    choice.missed(start);
    EXPECT_EQ(choice.next_lookup(), start + 1s);
}

TEST_F(AddressChoiceTest, AnAddressThatNeverAnswersGivesWayToTheNext) {
    AddressChoice choice = named();
    answer(choice, {a, b, c}, start);
    choice.missed(start);
    EXPECT_TRUE(answer(choice, {a, b, c}, start + 6s));
    EXPECT_EQ(choice.address(), b);
    EXPECT_TRUE(answer(choice, {a, b, c}, start + 12s));
    EXPECT_EQ(choice.address(), c);
    EXPECT_TRUE(answer(choice, {a, b, c}, start + 18s));
    EXPECT_EQ(choice.address(), a);
    choice.heard();
    choice.missed(start + 20s);
    EXPECT_FALSE(answer(choice, {a, b, c}, start + 26s));
}

TEST_F(AddressChoiceTest, AnAddressThatCannotBeUsedGivesWayAtOnce) {
    AddressChoice choice = named();
    answer(choice, {a, b}, start);
    EXPECT_TRUE(choice.try_next());
    EXPECT_EQ(choice.address(), b);
    EXPECT_FALSE(choice.try_next()) << "each is tried once for an answer";
    EXPECT_TRUE(answer(choice, {a}, start + 60s));
    EXPECT_FALSE(choice.try_next());
}

TEST_F(AddressChoiceTest, NeverLooksUpAgainUnlessItHasNoAddress) {
    AddressChoice choice = named({}, 0s);
    EXPECT_EQ(fail_next(choice), start);
    EXPECT_EQ(choice.next_lookup(), start + 1s);
    answer(choice, {a}, start + 1s);
    choice.missed(start + 1s);
    EXPECT_EQ(choice.next_lookup(), net::no_deadline);
}

TEST_F(AddressChoiceTest, AnAddressGivenAsSuchIsNotLookedUp) {
    AddressChoice choice({60s, 2s, false}, a, start);
    choice.missed(start);
    EXPECT_EQ(choice.next_lookup(), net::no_deadline);
    EXPECT_FALSE(choice.try_next());
}

}  // namespace
}  // namespace sockbox::probe
