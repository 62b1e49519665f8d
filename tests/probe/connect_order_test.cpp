// Tests of lib/probe/connect_order: every decision, without waiting.
#include "probe/connect_order.h"

#include <gtest/gtest.h>

namespace sockbox::probe {
namespace {

using namespace std::chrono_literals;
using net::Family;
using Endpoints = std::vector<net::Endpoint>;

net::Endpoint address(const char* text) {
    return *net::Endpoint::parse(text, 7);
}

// An order that waits for both lookups.
ConnectOrder both_asked() {
    ConnectOrder order{ConnectDelays()};
    order.asked(Family::ipv6);
    order.asked(Family::ipv4);
    return order;
}

// What is to be tried now; empty if nothing is.
std::string now_of(const ConnectOrder& order, ConnectOrder::Time now) {
    const auto next = order.next(now);
    return next.connect_to ? next.connect_to->address() : "";
}

TEST(ConnectOrder, NothingIsTriedBeforeAnAnswer) {
    ConnectOrder order = both_asked();
    const auto next = order.next(1h);
    EXPECT_FALSE(next.connect_to);
    EXPECT_FALSE(next.is_over);
    EXPECT_EQ(next.wait_until, ConnectOrder::Time::max());
}

TEST(ConnectOrder, Ipv6StartsAtOnceAndIpv4JoinsLater) {
    ConnectOrder order = both_asked();
    order.answered(Family::ipv6, Endpoints{address("::1"), address("::2")}, 3ms);
    EXPECT_EQ(now_of(order, 3ms), "::1");
    order.started(3ms);
    EXPECT_EQ(order.next(4ms).wait_until, 253ms) << "the Connection Attempt Delay";
    order.answered(Family::ipv4, Endpoints{address("127.0.0.1")}, 1s);
    EXPECT_EQ(now_of(order, 1s), "127.0.0.1") << "the families alternate";
    order.started(1s);
    EXPECT_EQ(order.next(1s).wait_until, 1250ms);
    EXPECT_EQ(now_of(order, 1250ms), "::2");
}

TEST(ConnectOrder, Ipv4WaitsForTheResolutionDelay) {
    ConnectOrder order = both_asked();
    order.answered(Family::ipv4, Endpoints{address("127.0.0.1")}, 3ms);
    EXPECT_EQ(order.next(3ms).wait_until, 53ms);
    EXPECT_EQ(now_of(order, 52ms), "");
    ConnectOrder in_time = order;
    in_time.answered(Family::ipv6, Endpoints{address("::1")}, 40ms);
    EXPECT_EQ(now_of(in_time, 40ms), "::1");
    ConnectOrder none = order;
    none.answered(Family::ipv6, {}, 40ms);
    EXPECT_EQ(now_of(none, 40ms), "127.0.0.1") << "there is no IPv6 address to wait for";
    EXPECT_EQ(now_of(order, 53ms), "127.0.0.1");
    order.started(53ms);
    order.answered(Family::ipv6, Endpoints{address("::1")}, 60ms);
    EXPECT_EQ(now_of(order, 303ms), "::1") << "it joins later";
}

TEST(ConnectOrder, WithoutARouteToItIpv6GoesLast) {
    ConnectOrder order = both_asked();
    order.answered(Family::ipv6, Endpoints{address("2001:db8::1")}, 1ms, false);
    order.answered(Family::ipv4, Endpoints{address("127.0.0.1")}, 2ms);
    EXPECT_EQ(now_of(order, 2ms), "127.0.0.1");
    order.started(2ms);
    EXPECT_EQ(now_of(order, 252ms), "2001:db8::1");
}

TEST(ConnectOrder, AfterFailuresOnlyTheShortDelayApplies) {
    ConnectOrder order = both_asked();
    order.answered(Family::ipv6, Endpoints{address("::1")}, 0ms);
    order.started(0ms);
    order.failed();
    EXPECT_FALSE(order.next(1h).is_over) << "the other lookup may still find an address";
    order.answered(Family::ipv4, Endpoints{address("127.0.0.1"), address("127.0.0.2")}, 5ms);
    EXPECT_EQ(order.next(5ms).wait_until, 10ms);
    EXPECT_EQ(now_of(order, 10ms), "127.0.0.1");
    order.started(10ms);
    EXPECT_EQ(order.untried(), 1U);
    order.failed();
    order.started(20ms);
    EXPECT_FALSE(order.next(1h).is_over) << "one is under way";
    order.failed();
    EXPECT_TRUE(order.next(20ms).is_over);
}

TEST(ConnectOrder, AnAnswerForBothFamiliesKeepsItsOrder) {
    ConnectOrder order{ConnectDelays()};
    order.answered(Family::any,
                   Endpoints{address("127.0.0.1"), address("127.0.0.2"), address("::1")}, 0ms);
    std::string tried;
    for (auto now = 0ms; order.untried() > 0; now += 250ms) {
        tried += now_of(order, now) + ' ';
        order.started(now);
    }
    EXPECT_EQ(tried, "127.0.0.1 ::1 127.0.0.2 ");
    ConnectOrder empty{ConnectDelays()};
    EXPECT_TRUE(empty.next(0ms).is_over);
}

}  // namespace
}  // namespace sockbox::probe
