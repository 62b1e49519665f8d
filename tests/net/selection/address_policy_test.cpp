// Tests of lib/net/selection: prefixes, gai.conf, and the tables that apply without it.
#include "net/selection/address_policy.h"

#include <gtest/gtest.h>

namespace sockbox::net {
namespace {

Endpoint address(std::string_view text) {
    return Endpoint::parse(text).value();
}

TEST(Prefixes, AreParsedWithAndWithoutALength) {
    const auto parsed = [](std::string_view text) {
        const auto prefix = parse_prefix(text);
        return prefix ? prefix->address.address() + '/' + std::to_string(prefix->bits) : "";
    };
    EXPECT_EQ(parsed("2001:db8::/32"), "2001:db8::/32");
    EXPECT_EQ(parsed("::1"), "::1/128");
    EXPECT_EQ(parsed("::/0"), "::/0");
    EXPECT_EQ(parsed("192.0.2.0/24"), "::ffff:192.0.2.0/120");
    EXPECT_EQ(parsed("192.0.2.1"), "::ffff:192.0.2.1/128");
    for (const char* bad : {"", "/0", "::/129", "192.0.2.0/33", "::/", "::/x", "::/-1", "[::]/0",
                            "fe80::%1/64", "192.0.2/24", "name/8"})
        EXPECT_EQ(parsed(bad), "") << bad;
}

TEST(Prefixes, CommonBitsAreCountedFromTheFirst) {
    EXPECT_EQ(common_bits(address("2001:db8::1"), address("2001:db8::1")), 128U);
    EXPECT_EQ(common_bits(address("2001:db8::1"), address("2001:db8::")), 127U);
    EXPECT_EQ(common_bits(address("::"), address("8000::")), 0U);
    EXPECT_EQ(common_bits(address("10.0.0.1"), address("10.128.0.1")), 96U + 8);
    EXPECT_EQ(common_bits(address("10.0.0.1"), address("::ffff:10.0.0.1")), 128U);
}

TEST(AddressPolicy, WithoutAFileTheTablesAreThoseOfGlibc) {
    const AddressPolicy policy = AddressPolicy::parse("");
    struct Case {
        const char* address;
        int label, precedence, scope;
    };
    for (const auto& [text, label, precedence, scope] : {
             Case{"::1", 0, 50, 2},
             Case{"2001:db8::1", 1, 40, 14},
             Case{"2002:c000:201::1", 2, 30, 14},
             Case{"::192.0.2.1", 3, 20, 14},
             Case{"192.0.2.1", 4, 10, 14},
             Case{"::ffff:192.0.2.1", 4, 10, 14},
             Case{"fec0::1", 5, 40, 5},
             Case{"fd00::1", 6, 40, 14},
             Case{"2001:0:1::1", 7, 40, 14},
             Case{"fe80::1", 1, 40, 2},
             Case{"ff02::1", 1, 40, 2},
             Case{"ff0e::1", 1, 40, 14},
             Case{"127.0.0.1", 4, 10, 2},
             Case{"169.254.1.1", 4, 10, 2},
             Case{"::ffff:169.254.1.1", 4, 10, 14},
             Case{"10.0.0.1", 4, 10, 14},
             Case{"100.64.0.1", 4, 10, 14},
         }) {
        EXPECT_EQ(policy.label(address(text)), label) << text;
        EXPECT_EQ(policy.precedence(address(text)), precedence) << text;
        EXPECT_EQ(policy.scope(address(text)), scope) << text;
    }
    EXPECT_FALSE(policy.reloads());
}

TEST(AddressPolicy, EachKindOfLineReplacesOnlyItsOwnTable) {
    const AddressPolicy policy = AddressPolicy::parse("precedence ::ffff:0:0/96 100\n");
    EXPECT_EQ(policy.precedence(address("192.0.2.1")), 100);
    EXPECT_EQ(policy.precedence(address("::1")), 40) << "no line of the file matches";
    EXPECT_EQ(policy.label(address("::1")), 0);
    EXPECT_EQ(policy.scope(address("127.0.0.1")), 2);
    const AddressPolicy labels = AddressPolicy::parse("label 2001:db8::/32 9");
    EXPECT_EQ(labels.label(address("2001:db8::1")), 9);
    EXPECT_EQ(labels.label(address("192.0.2.1")), 1);
    EXPECT_EQ(labels.precedence(address("192.0.2.1")), 10);
}

TEST(AddressPolicy, TheLongestPrefixWinsAndOfEqualOnesTheFirst) {
    const AddressPolicy policy = AddressPolicy::parse(
        "label ::/0 1\n"
        "label 2001:db8::/32 2\n"
        "label 2001:db8:1::/48 3\n"
        "label 2001:db8::/32 4\n");
    EXPECT_EQ(policy.label(address("2001:db8:1::1")), 3);
    EXPECT_EQ(policy.label(address("2001:db8:2::1")), 2);
    EXPECT_EQ(policy.label(address("2001:db9::1")), 1);
}

TEST(AddressPolicy, ScopesMayBeWrittenInBothForms) {
    const AddressPolicy policy = AddressPolicy::parse(
        "scopev4 10.0.0.0/8 5\n"
        "scopev4 ::ffff:192.168.0.0/112 5\n"
        "scopev4 2001:db8::/32 2\n"
        "scopev4 172.16.0.1 3\n");
    EXPECT_EQ(policy.scope(address("10.1.2.3")), 5);
    EXPECT_EQ(policy.scope(address("192.168.1.1")), 5);
    EXPECT_EQ(policy.scope(address("172.16.0.1")), 3);
    EXPECT_EQ(policy.scope(address("172.16.0.2")), 14);
    EXPECT_EQ(policy.scope(address("127.0.0.1")), 14) << "the default table is replaced";
    EXPECT_EQ(policy.scope(address("2001:db8::1")), 14);
}

TEST(AddressPolicy, WhatIsNoValidLineIsIgnored) {
    const AddressPolicy policy = AddressPolicy::parse(
        "# label ::/0 7\n"
        "label ::/0 7x\n"
        "label ::/200 7\n"
        "label 10.0.0.0/8 7\n"
        "label ::/0 -7\n"
        "label ::/0 99999999999\n"
        "labels ::/0 7\n"
        "Label ::/0 7\n"
        "\xff\n"
        "reload maybe\n");
    EXPECT_EQ(policy.label(address("2001:db8::1")), 1);
    EXPECT_EQ(policy.label(address("::1")), 0) << "no line counts, so the defaults apply";
    EXPECT_FALSE(policy.reloads());
}

TEST(AddressPolicy, AMissingValueIsZero) {
    EXPECT_EQ(AddressPolicy::parse("precedence 2001:db8::/32\n").precedence(address("2001:db8::1")),
              0);
}

TEST(AddressPolicy, BlanksCommentsAndFurtherWordsDoNotMatter) {
    const AddressPolicy policy =
        AddressPolicy::parse("\t label\t2001:db8::/32   9 more words # and this\r\nreload yes");
    EXPECT_EQ(policy.label(address("2001:db8::1")), 9);
    EXPECT_TRUE(policy.reloads());
    EXPECT_FALSE(AddressPolicy::parse("reload yes\nreload no\n").reloads());
}

}  // namespace
}  // namespace sockbox::net
