// Tests of lib/serve/listeners.
#include "serve/listeners.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support.h"

namespace sockbox::serve {
namespace {

using net::Endpoint;
using net::Family;

bool has_ipv6() {
    return net::bind_datagram(Endpoint::loopback(Family::ipv6)).has_value();
}

TEST(OpenListeners, NoneListensBeforeAllAreBound) {
    if (test::on_wine())
        GTEST_SKIP() << "Wine may not have SO_ACCEPTCONN";
    ListenPlan plan;
    plan.hosts = {{Endpoint::loopback(Family::ipv4)}};
    if (has_ipv6())
        plan.hosts.push_back({Endpoint::loopback(Family::ipv6)});
    std::vector<net::NativeSocket> streams;
    plan.options.prepare = [&streams](net::Socket& socket) -> net::Status {
        if (socket.option(SOL_SOCKET, SO_TYPE) == SOCK_STREAM)
            streams.push_back(socket.native());
        for (const net::NativeSocket stream : streams) {
            net::Socket borrowed(stream);
            EXPECT_EQ(borrowed.option(SOL_SOCKET, SO_ACCEPTCONN), 0);
            static_cast<void>(borrowed.release());
        }
        return {};
    };
    const auto opened = open_listeners(plan);
    ASSERT_TRUE(opened) << opened.error().message();
    ASSERT_EQ(opened->tcp.size(), plan.hosts.size());
    for (const net::Socket& socket : opened->tcp)
        EXPECT_EQ(socket.option(SOL_SOCKET, SO_ACCEPTCONN), 1);
}

// 203.0.113.0/24 is for documentation (RFC 5737): no host has such an address.
TEST(OpenListeners, OfAHostWhatThisSystemDoesNotHaveIsLeftOut) {
    ListenPlan plan;
    plan.hosts = {{*Endpoint::parse("203.0.113.1"), Endpoint::loopback(Family::ipv4)}};
    const auto opened = open_listeners(plan);
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ(opened->tcp.size(), 1U);
    EXPECT_EQ(opened->udp.size(), 1U);
    ASSERT_EQ(opened->left_out.size(), 1U);
    EXPECT_THAT(opened->left_out.front().message(), testing::HasSubstr("203.0.113.1:0"));
}

TEST(OpenListeners, AHostOfWhichNothingIsHereIsAnError) {
    ListenPlan plan;
    plan.hosts = {{Endpoint::loopback(Family::ipv4)},
                  {*Endpoint::parse("203.0.113.1"), *Endpoint::parse("203.0.113.2")}};
    const auto opened = open_listeners(plan);
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message(), testing::HasSubstr("203.0.113.1:"));
}

}  // namespace
}  // namespace sockbox::serve
