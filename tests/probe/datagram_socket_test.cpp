// Tests of lib/probe/datagram_socket: the options follow what travels.
#include "probe/datagram_socket.h"

#include <gtest/gtest.h>
#include "tests/support.h"

namespace sockbox::probe {
namespace {

net::Endpoint address(const char* text) {
    return *net::Endpoint::parse(text, 7);
}

DatagramSocketOptions marked() {
    DatagramSocketOptions options;
    options.hop_limit = 9;
    return options;
}

TEST(DatagramSocket, AMappedAddressIsAnIpv4Address) {
    const std::vector<net::Endpoint> mapped{address("::ffff:127.0.0.1")};
    auto options = marked();
    options.source = address("::ffff:127.0.0.9").with_port(0);
    for (const bool connected : {true, false}) {
        options.connected = connected;
        const auto opened = open_datagram(mapped, options);
        ASSERT_TRUE(opened) << opened.error().message();
        EXPECT_EQ(opened->peer, address("127.0.0.1"));
        if (!test::on_wine()) {  // which binds 127.0.0.1 for all of 127.0.0.0/8
            EXPECT_EQ(opened->socket.local()->with_port(0).address(), "127.0.0.9");
        }
        EXPECT_EQ(*opened->socket.option(IPPROTO_IP, IP_TTL), 9);
    }
}

TEST(DatagramSocket, HopLimitsAreThoseOfMulticastToo) {
    const auto v4 = open_datagram(std::vector{address("127.0.0.1")}, marked());
    ASSERT_TRUE(v4);
    EXPECT_EQ(*v4->socket.option(IPPROTO_IP, IP_MULTICAST_TTL), 9);
    const auto v6 = open_datagram(std::vector{address("::1")}, marked());
    if (!v6)
        GTEST_SKIP() << "no IPv6 here";
    EXPECT_EQ(*v6->socket.option(IPPROTO_IPV6, IPV6_UNICAST_HOPS), 9);
    EXPECT_EQ(*v6->socket.option(IPPROTO_IPV6, IPV6_MULTICAST_HOPS), 9);
}

TEST(DatagramSocket, TheUnspecifiedAddressIsTheLoopback) {
    DatagramSocketOptions options;
    options.connected = false;
    const auto opened = open_datagram(std::vector{address("0.0.0.0")}, options);
    if (!opened)
        GTEST_SKIP() << "not an address to connect to here: " << opened.error().message();
    EXPECT_EQ(opened->peer, address("127.0.0.1"));
}

}  // namespace
}  // namespace sockbox::probe
