// Tests of lib/net/route against Linux's interface names.
#include <gtest/gtest.h>

#include "net/route.h"

namespace sockbox::net {
namespace {

TEST(Route, LoopbackGoesByLo) {
    const auto route = route_to(Endpoint::loopback(Family::ipv4));
    ASSERT_TRUE(route) << route.error().message();
    EXPECT_EQ(route->device, "lo");
}

}  // namespace
}  // namespace sockbox::net
