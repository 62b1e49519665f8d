// Tests of lib/serve/limits/access_list.
#include "serve/limits/access_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sockbox::serve {
namespace {

net::Endpoint host(std::string_view text) {
    return *net::Endpoint::parse(text, 4242);
}

AccessList list(const std::vector<std::string_view>& allowed,
                const std::vector<std::string_view>& denied) {
    AccessList list;
    for (const auto text : allowed)
        list.allow(*Network::parse(text));
    for (const auto text : denied)
        list.deny(*Network::parse(text));
    return list;
}

std::string complaint(std::string_view text) {
    const auto network = Network::parse(text);
    return network ? "" : network.error().message();
}

TEST(AccessList, EmptyAllowsAll) {
    EXPECT_TRUE(AccessList().allows(host("192.0.2.1")));
    EXPECT_TRUE(AccessList().allows(host("2001:db8::1")));
}

TEST(AccessList, TheLongestPrefixWinsWhateverTheOrder) {
    const AccessList access = list({"10.1.0.0/16", "0.0.0.0/0"}, {"10.0.0.0/8", "10.1.2.3"});
    EXPECT_TRUE(access.allows(host("192.0.2.1")));
    EXPECT_FALSE(access.allows(host("10.2.0.1")));
    EXPECT_TRUE(access.allows(host("10.1.2.4")));
    EXPECT_FALSE(access.allows(host("10.1.2.3")));
    EXPECT_TRUE(access.allows(host("::ffff:10.1.2.4")));
    EXPECT_FALSE(access.allows(host("::ffff:10.1.2.3")));
}

TEST(AccessList, OthersAreAllowedUnlessTheListAllowsSome) {
    EXPECT_TRUE(list({}, {"10.0.0.0/8"}).allows(host("192.0.2.1")));
    EXPECT_TRUE(list({}, {"10.0.0.0/8"}).allows(host("::1")));
    EXPECT_FALSE(list({"10.0.0.0/8"}, {}).allows(host("192.0.2.1")));
    EXPECT_FALSE(list({"10.0.0.0/8"}, {}).allows(host("::1")));
    EXPECT_FALSE(list({"10.0.0.0/8"}, {"10.0.0.0/8"}).allows(host("10.0.0.1")));
}

TEST(AccessList, PrefixesEndAtAnyBit) {
    const AccessList access = list({"2001:db8:0:8000::/49", "192.0.2.128/25", "127.0.0.1/32"}, {});
    EXPECT_TRUE(access.allows(host("2001:db8:0:ffff::1")));
    EXPECT_FALSE(access.allows(host("2001:db8:0:7fff::1")));
    EXPECT_TRUE(access.allows(host("192.0.2.255")));
    EXPECT_FALSE(access.allows(host("192.0.2.127")));
    EXPECT_TRUE(access.allows(host("127.0.0.1")));
    EXPECT_FALSE(access.allows(host("127.0.0.0")));
}

TEST(AccessList, AMappedNetworkIsTheIpv4One) {
    const auto network = Network::parse("::ffff:10.0.0.0/104");
    ASSERT_TRUE(network);
    EXPECT_EQ(network->address.address(), "10.0.0.0");
    EXPECT_EQ(network->prefix, 8U);
    EXPECT_FALSE(list({}, {"::/0"}).allows(host("2001:db8::1")));
    EXPECT_TRUE(list({}, {"::/0"}).allows(host("::ffff:10.0.0.1")));
}

TEST(AccessList, WhatIsNoNetworkIsRefused) {
    using testing::HasSubstr;
    for (const char* text : {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1",
                             "10.0.0.0/8 ", "10.0.0.0/255.0.0.0", "10/8", "::/129", "fe80::%lo/10",
                             "[::1]/128", "localhost", "10.0.0.0//8", "10.0.0.0/08x"})
        EXPECT_THAT(complaint(text), HasSubstr(std::string("'") + text + "'")) << text;
    EXPECT_THAT(complaint("10.0.0.1/8"), HasSubstr("bits beyond its prefix of 8"));
    EXPECT_THAT(complaint("2001:db8::1/64"), HasSubstr("bits beyond its prefix of 64"));
}

}  // namespace
}  // namespace sockbox::serve
