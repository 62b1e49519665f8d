// Tests of the special-purpose address registries.
#include "net/selection/special_addresses.h"

#include <gtest/gtest.h>

namespace sockbox::net {
namespace {

std::string special(std::string_view text) {
    return special_purpose(Endpoint::parse(text).value());
}

TEST(SpecialAddresses, AreNamedWithTheirPrefix) {
    struct Case {
        const char* address;
        const char* purpose;
    };
    for (const auto& [address, purpose] : {
             Case{"0.0.0.0", "unspecified (0.0.0.0/32)"},
             Case{"0.1.2.3", "this network (0.0.0.0/8)"},
             Case{"10.255.255.255", "private (10.0.0.0/8)"},
             Case{"100.64.0.1", "CGNAT, shared address space (100.64.0.0/10)"},
             Case{"127.0.0.53", "loopback (127.0.0.0/8)"},
             Case{"169.254.169.254", "link-local (169.254.0.0/16)"},
             Case{"172.31.0.1", "private (172.16.0.0/12)"},
             Case{"192.0.0.171", "discovery of NAT64 (192.0.0.171/32)"},
             Case{"192.0.2.1", "documentation (192.0.2.0/24)"},
             Case{"192.168.0.1", "private (192.168.0.0/16)"},
             Case{"198.19.0.1", "benchmarking (198.18.0.0/15)"},
             Case{"198.51.100.1", "documentation (198.51.100.0/24)"},
             Case{"203.0.113.1", "documentation (203.0.113.0/24)"},
             Case{"239.1.1.1", "multicast (224.0.0.0/4)"},
             Case{"255.255.255.255", "limited broadcast (255.255.255.255/32)"},
             Case{"::", "unspecified (::/128)"},
             Case{"::1", "loopback (::1/128)"},
             Case{"64:ff9b:1::1", "NAT64 of this network (64:ff9b:1::/48)"},
             Case{"100::1", "discard-only (100::/64)"},
             Case{"2001:2::1", "benchmarking (2001:2::/48)"},
             Case{"2001:2f::1", "ORCHIDv2, a cryptographic identifier (2001:20::/28)"},
             Case{"2001:db8::1", "documentation (2001:db8::/32)"},
             Case{"3fff:fff::1", "documentation (3fff::/20)"},
             Case{"fc00::1", "ULA, unique local (fc00::/7)"},
             Case{"fdff::1", "ULA, unique local (fc00::/7)"},
             Case{"febf::1", "link-local (fe80::/10)"},
             Case{"ff02::1", "multicast (ff00::/8)"},
         })
        EXPECT_EQ(special(address), purpose) << address;
}

TEST(SpecialAddresses, OrdinaryOnesAreNot) {
    for (const char* address :
         {"9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.32.0.0", "192.0.1.0",
          "198.17.255.255", "198.20.0.0", "223.255.255.255", "2001:200::1", "2001:db7::1",
          "2003::1", "2a00:1450::1", "3fff:1000::1", "64:ff9b:2::1", "fbff::1", "100:0:0:2::1"})
        EXPECT_EQ(special(address), "") << address;
}

TEST(SpecialAddresses, TheIpv4AddressInsideIsShown) {
    EXPECT_EQ(special("64:ff9b::198.51.100.7"), "NAT64 (64:ff9b::/96), for 198.51.100.7");
    EXPECT_EQ(special("2002:c633:6407::1"), "6to4 (2002::/16), router 198.51.100.7");
    EXPECT_EQ(special("::ffff:198.51.100.7"), "IPv4-mapped (::ffff:0:0/96), for 198.51.100.7");
    // The example of RFC 4380, section 5.1.
    EXPECT_EQ(special("2001:0:4136:e378:8000:63bf:3fff:fdd2"),
              "Teredo (2001::/32), server 65.54.227.120, client 192.0.2.45");
}

}  // namespace
}  // namespace sockbox::net
