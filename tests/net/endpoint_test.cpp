// Tests of lib/net/endpoint.
#include "net/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <unordered_set>

namespace sockbox::net {
namespace {

Endpoint parsed(std::string_view text, std::uint16_t port = 0) {
    const auto endpoint = Endpoint::parse(text, port);
    EXPECT_TRUE(endpoint) << text;
    return endpoint.value_or(Endpoint());
}

TEST(Endpoint, DefaultIsTheUnspecifiedIpv4Address) {
    EXPECT_EQ(Endpoint().to_string(), "0.0.0.0:0");
    EXPECT_EQ(Endpoint(), Endpoint::any(Family::ipv4));
}

TEST(Endpoint, PrintsAsRfc5952Recommends) {
    struct Case {
        const char* text;
        const char* canonical;
    };
    // RFC 5952, sections 4.1 to 5: leading zeros, the longest run, the first of equal runs, a
    // single zero group, lower case, and embedded IPv4 addresses.
    for (const auto& [text, canonical] :
         {Case{"2001:0db8::0001", "2001:db8::1"}, Case{"2001:db8:0:0:0:0:2:1", "2001:db8::2:1"},
          Case{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
          Case{"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
          Case{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
          Case{"2001:DB8::ABCD", "2001:db8::abcd"}, Case{"0:0:0:0:0:0:0:0", "::"},
          Case{"::ffff:c000:201", "::ffff:192.0.2.1"}, Case{"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
          Case{"::0.1.0.2", "::1:2"}, Case{"64:ff9b::c000:221", "64:ff9b::192.0.2.33"},
          Case{"64:ff9b:1::1", "64:ff9b:1::1"}, Case{"::ffff:0:192.0.2.1", "::ffff:0:c000:201"},
          Case{"1:0:0:2:0:0:0:0", "1:0:0:2::"}, Case{"::2:0:0:0:1", "::2:0:0:0:1"},
          Case{"0:1::", "0:1::"}, Case{"127.0.0.1", "127.0.0.1"},
          Case{"[2001:db8::1]", "2001:db8::1"}})
        EXPECT_EQ(parsed(text).address(), canonical);
}

TEST(Endpoint, OnlySomeAddressesUseAZone) {
    for (const char* text : {"fe80::1%1", "ff02::1%1", "ff01::1%1"}) {
        EXPECT_TRUE(parsed(text).uses_zone()) << text;
        EXPECT_THAT(parsed(text).address(), testing::HasSubstr("%")) << text;
        EXPECT_NE(parsed(text), parsed(text).without_zone()) << text;
    }
    for (const char* text : {"2001:db8::1%1", "::1%1", "ff0e::1%1", "::ffff:192.0.2.1%1"}) {
        EXPECT_FALSE(parsed(text).uses_zone()) << text;
        EXPECT_THAT(parsed(text).address(), testing::Not(testing::HasSubstr("%"))) << text;
        EXPECT_EQ(parsed(text), parsed(text).without_zone()) << text;
        EXPECT_EQ(std::hash<Endpoint>()(parsed(text)),
                  std::hash<Endpoint>()(parsed(text).without_zone()));
    }
}

TEST(Endpoint, PortsFollowTheBrackets) {
    EXPECT_EQ(parsed("192.0.2.1", 80).to_string(), "192.0.2.1:80");
    EXPECT_EQ(parsed("2001:db8::1", 65535).to_string(), "[2001:db8::1]:65535");
    EXPECT_EQ(parsed("::1", 7).with_port(8).port(), 8);
}

TEST(Endpoint, RefusesWhatIsNoAddress) {
    using namespace std::string_view_literals;
    for (const std::string_view text : {""sv,
                                        " "sv,
                                        "127.1"sv,
                                        "0x7f000001"sv,
                                        "0177.0.0.1"sv,
                                        "2130706433"sv,
                                        "256.1.1.1"sv,
                                        "08.0.0.1"sv,
                                        "127.0.0.1 "sv,
                                        "127.0.0.1.1"sv,
                                        "1::2::3"sv,
                                        "12345::"sv,
                                        ":::"sv,
                                        "[]"sv,
                                        "["sv,
                                        "]"sv,
                                        "[::1"sv,
                                        "::1]"sv,
                                        "[[::1]]"sv,
                                        "[127.0.0.1]"sv,
                                        "127.0.0.1%lo"sv,
                                        "::1:80:"sv,
                                        "localhost"sv,
                                        "::1\0"sv,
                                        "127.0.0.1\0x"sv,
                                        "::1%lo\0"sv})
        EXPECT_FALSE(Endpoint::parse(text)) << text;
}

TEST(Endpoint, ZonesByNameAndByIndex) {
    const unsigned index = if_nametoindex("lo");
    if (index == 0)
        GTEST_SKIP() << "no interface called lo";
    for (const std::string& text :
         {std::string("fe80::1%lo"), "fe80::1%" + std::to_string(index)}) {
        const Endpoint endpoint = parsed(text, 80);
        EXPECT_EQ(endpoint.scope_id(), index);
        EXPECT_EQ(endpoint.to_string(), "[fe80::1%lo]:80");
    }
    EXPECT_EQ(parsed("[fe80::1%lo]").address(), "fe80::1%lo");
    for (const char* text : {"fe80::1%", "fe80::1%nosuch0", "fe80::1%0", "fe80::1%99999",
                             "fe80::1%4294967297", "fe80::1%-1", "fe80::1%lo%lo", "%lo"})
        EXPECT_FALSE(Endpoint::parse(text)) << text;
}

TEST(Endpoint, ZoneHintOnlyWhereAZoneIsMissing) {
    EXPECT_NE(zone_hint(parsed("fe80::1")).find("fe80::1%"), std::string::npos);
    EXPECT_EQ(zone_hint(parsed("2001:db8::1")), "");
    EXPECT_EQ(zone_hint(parsed("169.254.1.1")), "");
    Endpoint zoned = parsed("::1");
    EXPECT_EQ(zone_hint(zoned), "");
}

TEST(Endpoint, KindsSeeThroughMappedAddresses) {
    struct Case {
        const char* text;
        bool unspecified, loopback, multicast, link_local, unicast;
    };
    for (const Case& c : {Case{"0.0.0.0", true, false, false, false, false},
                          Case{"::", true, false, false, false, false},
                          Case{"::ffff:0.0.0.0", true, false, false, false, false},
                          Case{"127.0.0.1", false, true, false, false, true},
                          Case{"127.8.9.10", false, true, false, false, true},
                          Case{"::ffff:127.0.0.1", false, true, false, false, true},
                          Case{"127.255.255.255", false, true, false, false, false},
                          Case{"::1", false, true, false, false, true},
                          Case{"224.0.0.1", false, false, true, false, false},
                          Case{"239.255.255.255", false, false, true, false, false},
                          Case{"::ffff:224.0.0.1", false, false, true, false, false},
                          Case{"ff02::1", false, false, true, false, false},
                          Case{"169.254.7.7", false, false, false, true, true},
                          Case{"fe80::1", false, false, false, true, true},
                          Case{"febf::1", false, false, false, true, true},
                          Case{"fec0::1", false, false, false, false, true},
                          Case{"255.255.255.255", false, false, false, false, false},
                          Case{"240.0.0.1", false, false, false, false, false},
                          Case{"0.1.2.3", false, false, false, false, false},
                          Case{"223.255.255.255", false, false, false, false, true},
                          Case{"2001:db8::1", false, false, false, false, true}}) {
        const Endpoint endpoint = parsed(c.text);
        EXPECT_EQ(endpoint.is_unspecified(), c.unspecified) << c.text;
        EXPECT_EQ(endpoint.is_loopback(), c.loopback) << c.text;
        EXPECT_EQ(endpoint.is_multicast(), c.multicast) << c.text;
        EXPECT_EQ(endpoint.is_link_local(), c.link_local) << c.text;
        EXPECT_EQ(endpoint.is_unicast(), c.unicast) << c.text;
    }
}

TEST(Endpoint, MappingGoesBothWays) {
    const Endpoint v4 = parsed("192.0.2.1", 80);
    EXPECT_EQ(v4.mapped().to_string(), "[::ffff:192.0.2.1]:80");
    EXPECT_EQ(v4.mapped().unmapped(), v4);
    EXPECT_TRUE(v4.mapped().is_v4_mapped());
    EXPECT_FALSE(parsed("::192.0.2.1").is_v4_mapped());
    const Endpoint v6 = parsed("2001:db8::1", 80);
    EXPECT_EQ(v6.mapped(), v6);
    EXPECT_EQ(v6.unmapped(), v6);
}

TEST(Endpoint, EqualityAndHashGoByAddressPortAndScope) {
    const Endpoint one = parsed("::1", 80);
    EXPECT_EQ(one, parsed("0::1", 80));
    EXPECT_NE(one, one.with_port(81));
    EXPECT_NE(one, parsed("127.0.0.1", 80));
    EXPECT_NE(parsed("127.0.0.1"), parsed("::ffff:127.0.0.1"));
    const std::unordered_set<Endpoint> set{one, parsed("0::1", 80), one.with_port(81)};
    EXPECT_EQ(set.size(), 2U);
}

TEST(Endpoint, NativeFormsComeBack) {
    for (const char* text : {"192.0.2.1", "2001:db8::1"}) {
        const Endpoint endpoint = parsed(text, 443);
        const auto again = Endpoint::from_native(endpoint.data(), endpoint.size());
        ASSERT_TRUE(again);
        EXPECT_EQ(*again, endpoint);
        EXPECT_FALSE(Endpoint::from_native(endpoint.data(), endpoint.size() - 1));
    }
    sockaddr_in strange{};
    strange.sin_family = AF_UNSPEC;
    const auto* address = static_cast<const sockaddr*>(static_cast<const void*>(&strange));
    EXPECT_FALSE(Endpoint::from_native(address, sizeof strange));
    EXPECT_FALSE(Endpoint::from_native(nullptr, 0));
}

TEST(Endpoint, BytesAreInNetworkOrder) {
    const Endpoint v4 = parsed("1.2.3.4");
    ASSERT_EQ(v4.bytes().size(), 4U);
    EXPECT_EQ(v4.bytes()[0], std::byte{1});
    EXPECT_EQ(v4.bytes()[3], std::byte{4});
    EXPECT_EQ(parsed("::1").bytes().size(), 16U);
}

TEST(HostPort, SplitsAtTheRightColon) {
    struct Case {
        const char* text;
        const char* host;
        const char* port;
    };
    for (const auto& [text, host, port] :
         {Case{"localhost:80", "localhost", "80"}, Case{":http", "", "http"},
          Case{"[::1]:7", "::1", "7"}, Case{"192.0.2.1:0", "192.0.2.1", "0"}}) {
        const auto split = split_host_port(text);
        ASSERT_TRUE(split) << text;
        EXPECT_EQ(split->host, host);
        EXPECT_EQ(split->port, port);
    }
}

TEST(HostPort, RefusesWithAReason) {
    struct Case {
        const char* text;
        const char* reason;
    };
    for (const auto& [text, reason] :
         {Case{"localhost", "has no port"}, Case{"localhost:", "has no port"},
          Case{"", "has no port"}, Case{"[::1]", "has no port"}, Case{"[::1]:", "has no port"},
          Case{"::1:80", "ambiguous"}, Case{"a:b:80", "ambiguous"},
          Case{"[a]:80", "not an IPv6 address in brackets"}, Case{"[::1:80", "ambiguous"},
          Case{"[1.2.3.4]:80", "not an IPv6 address in brackets"}, Case{"a]:80", "brackets"}}) {
        const auto split = split_host_port(text);
        ASSERT_FALSE(split) << text;
        EXPECT_NE(split.error().message().find(reason), std::string::npos)
            << text << ": " << split.error().message();
    }
}

TEST(ListenAddress, IsAPortAloneOrAnAddressAndAPort) {
    struct Case {
        const char* text;
        const char* host;
        const char* port;
    };
    for (const auto& [text, host, port] :
         {Case{"80", "", "80"}, Case{":80", "", "80"}, Case{"http", "", "http"},
          Case{"192.0.2.1:80", "192.0.2.1", "80"}, Case{"[::1]:7", "::1", "7"}}) {
        const auto split = split_listen_address(text);
        ASSERT_TRUE(split) << text;
        EXPECT_EQ(split->host, host);
        EXPECT_EQ(split->port, port);
    }
    for (const char* text : {"", ":", "::1", "192.0.2.1:"})
        EXPECT_FALSE(split_listen_address(text)) << text;
}

TEST(CheckHost, TakesNamesAndBracketedAddresses) {
    EXPECT_EQ(*check_host("www.example.com"), "www.example.com");
    EXPECT_EQ(*check_host("[::1]"), "::1");
    EXPECT_EQ(*check_host("::1"), "::1");
    EXPECT_EQ(*check_host("1::2::3"), "1::2::3");  // left to the resolver to reject
    EXPECT_EQ(*check_host("\x1b[31mred"), "\x1b[31mred");
    for (const std::string_view text :
         {std::string_view(""), std::string_view("a\0b", 3), std::string_view("[::1"),
          std::string_view("::1]"), std::string_view("[]"), std::string_view("[::1]]"),
          std::string_view("[localhost]"), std::string_view("[::1]:7"),
          std::string_view("fe80::1%nosuch0")})
        EXPECT_FALSE(check_host(text)) << text;
    for (const std::string text : {"[::1]:7", "127.0.0.1:80", "localhost:3490"}) {
        ASSERT_FALSE(check_host(text)) << text;
        EXPECT_EQ(check_host(text).error().message(),
                  "'" + text + "' is a host and a port: expected only a host");
    }
    for (const std::string_view text : {"localhost:", "localhost:echo", "12345::"})
        EXPECT_TRUE(check_host(text)) << text << " is the resolver's to refuse";
}

}  // namespace
}  // namespace sockbox::net
