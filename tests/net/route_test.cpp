// Tests of lib/net/route.
#include "net/route.h"

#include <gtest/gtest.h>

namespace sockbox::net {
namespace {

TEST(Route, LoopbackGoesByItsOwnInterface) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        const auto route = route_to(Endpoint::loopback(family));
        if (!route && family == Family::ipv6)
            GTEST_SKIP() << route.error().message();
        ASSERT_TRUE(route) << route.error().message();
        EXPECT_EQ(route->source, Endpoint::loopback(family));
        EXPECT_FALSE(route->device.empty());
    }
}

TEST(Route, TheSourceAloneHasNoBroadcastAddress) {
    const auto source = source_for(Endpoint::loopback(Family::ipv4, 80));
    ASSERT_TRUE(source) << source.error().message();
    EXPECT_EQ(*source, Endpoint::loopback(Family::ipv4));
    EXPECT_FALSE(source_for(Endpoint::parse("255.255.255.255").value()));
}

TEST(Route, ALinkLocalAddressWithoutAZoneHasNone) {
    const auto route = route_to(*Endpoint::parse("fe80::1"));
    if (!route) {
        EXPECT_NE(route.error().hint, "");
    }
}

}  // namespace
}  // namespace sockbox::net
