// Tests of the rules that order destination addresses, with facts made by hand.
#include "net/selection/destination_order.h"

#include <gtest/gtest.h>

namespace sockbox::net {
namespace {

Endpoint address(std::string_view text) {
    return Endpoint::parse(text).value();
}

// RFC 6724, section 2.1, as lines of gai.conf.
constexpr std::string_view rfc_policy =
    "label ::1/128 0\n"
    "label ::/0 1\n"
    "label ::ffff:0:0/96 4\n"
    "label 2002::/16 2\n"
    "label 2001::/32 5\n"
    "label fc00::/7 13\n"
    "label ::/96 3\n"
    "label fec0::/10 11\n"
    "label 3ffe::/16 12\n"
    "precedence ::1/128 50\n"
    "precedence ::/0 40\n"
    "precedence ::ffff:0:0/96 35\n"
    "precedence 2002::/16 30\n"
    "precedence 2001::/32 5\n"
    "precedence fc00::/7 3\n"
    "precedence ::/96 1\n"
    "precedence fec0::/10 1\n"
    "precedence 3ffe::/16 1\n";

// A destination, and the address of the host that is its source; without one, it is unreachable.
struct Candidate {
    const char* destination;
    std::optional<HostAddress> source = {};
};

HostAddress source(std::string_view text, std::uint32_t interface = 2) {
    const Endpoint endpoint = address(text);
    return {endpoint, endpoint.family() == Family::ipv6 ? 64U : 24U, interface};
}

HostAddress deprecated(std::string_view text) {
    HostAddress one = source(text);
    one.deprecated = true;
    return one;
}

HostAddress home(std::string_view text) {
    HostAddress one = source(text);
    one.home = true;
    return one;
}

HostAddress tunnelled(std::string_view text) {
    HostAddress one = source(text, 3);
    one.tunnel = true;
    return one;
}

DestinationFacts facts(const Candidate& candidate, const OrderContext& context) {
    const Result<Endpoint> none = fail_text("no route");
    return facts_about(address(candidate.destination),
                       candidate.source ? Result<Endpoint>(candidate.source->address) : none,
                       context);
}

// The rule that puts `first` before `second`; 0 if the order is the other one. Rules must not
// depend on which of the two is asked about first.
int rule_of(const Candidate& first, const Candidate& second, std::string_view policy = rfc_policy) {
    OrderContext context{AddressPolicy::parse(policy), {source("2001:db8:99::1", 9)}};
    for (const Candidate& candidate : {first, second})
        if (candidate.source)
            context.host.push_back(*candidate.source);
    const DestinationFacts a = facts(first, context);
    const DestinationFacts b = facts(second, context);
    const Decision decision = decide(a, b);
    const Decision reverse = decide(b, a);
    EXPECT_EQ(decision.rule, reverse.rule);
    if (decision.rule < 10) {
        EXPECT_NE(decision.first, reverse.first);
    }
    return decision.first ? decision.rule : 0;
}

TEST(DestinationOrder, ExamplesOfTheRfcAreOrderedAsItOrdersThem) {
    struct Case {
        Candidate first, second;
        int rule;
    };
    // RFC 6724, section 10.2, in its order.
    for (const auto& [first, second, rule] : {
             Case{{"2001:db8:1::1", source("2001:db8:1::2")},
                  {"198.51.100.121", source("169.254.13.78")},
                  2},
             Case{{"198.51.100.121", source("198.51.100.117")},
                  {"2001:db8:1::1", source("fe80::1")},
                  2},
             Case{{"2001:db8:1::1", source("2001:db8:1::2")}, {"10.1.2.3", source("10.1.2.4")}, 6},
             Case{{"fe80::1", source("fe80::2")}, {"2001:db8:1::1", source("2001:db8:1::2")}, 8},
             Case{{"2001:db8:1::1", home("2001:db8:3::1")}, {"fe80::1", source("fe80::2")}, 4},
             Case{
                 {"2001:db8:1::1", source("2001:db8:1::2")}, {"fe80::1", deprecated("fe80::2")}, 3},
             Case{{"2001:db8:1::1", source("2001:db8:1::2")},
                  {"2001:db8:3ffe::1", source("2001:db8:3f44::2")},
                  9},
             Case{{"2002:c633:6401::1", source("2002:c633:6401::2")},
                  {"2001:db8:1::1", source("2002:c633:6401::2")},
                  5},
             Case{{"2001:db8:1::1", source("2001:db8:1::2")},
                  {"2002:c633:6401::1", source("2002:c633:6401::2")},
                  6},
         })
        EXPECT_EQ(rule_of(first, second), rule) << first.destination << ' ' << second.destination;
}

TEST(DestinationOrder, AnUnreachableAddressComesLast) {
    const Candidate reachable{"10.0.0.1", source("10.0.0.2")};
    EXPECT_EQ(rule_of(reachable, {"::1"}), 1);
    // Only what does not concern a source counts between two unreachable ones.
    EXPECT_EQ(rule_of({"2001:db8::1"}, {"192.0.2.1"}), 6);
    EXPECT_EQ(rule_of({"::1"}, {"2001:db8::1"}), 6);
    EXPECT_EQ(rule_of({"fe80::1"}, {"2001:db8::1"}), 8);
    EXPECT_EQ(rule_of({"2001:db8::1"}, {"2001:db8::2"}), 10);
}

TEST(DestinationOrder, AnEarlierRuleHidesALaterOne) {
    const Candidate deprecated_but_preferred{"::1", deprecated("::1")};
    EXPECT_EQ(rule_of({"10.0.0.1", source("10.0.0.2")}, deprecated_but_preferred), 3);
    EXPECT_EQ(rule_of(deprecated_but_preferred, {"10.0.0.1", source("10.0.0.2")}), 0);
}

TEST(DestinationOrder, ATunnelAndAnUnknownInterfaceAreNotNative) {
    const Candidate native{"2001:db8:1::1", source("2001:db8:2::2")};
    EXPECT_EQ(rule_of(native, {"2001:db8:1::1", tunnelled("2001:db8:1::2")}), 7);
    const OrderContext context{AddressPolicy::parse(""), {source("2001:db8:2::2")}};
    const auto unknown = facts_about(address("2001:db8:1::1"), address("2001:db8:1::2"), context);
    const auto known = facts_about(address("2001:db8:1::1"), address("2001:db8:2::2"), context);
    EXPECT_EQ(decide(known, unknown).rule, 7);
    EXPECT_TRUE(decide(known, unknown).first);
    EXPECT_EQ(decide(unknown, unknown).rule, 10);
}

TEST(DestinationOrder, BitsOfIpv4CountOnlyInsideTheSubnet) {
    const Candidate near{"10.0.0.9", source("10.0.0.8")};
    const Candidate nearer{"10.0.0.10", source("10.0.0.11")};
    EXPECT_EQ(rule_of(nearer, {"10.0.0.1", source("10.0.0.11")}), 9);
    EXPECT_EQ(rule_of(near, {"10.0.1.8", source("10.0.0.8")}), 9);
    EXPECT_EQ(rule_of({"10.1.1.8", source("10.0.0.8")}, {"10.0.1.8", source("10.0.0.8")}), 10);
    EXPECT_EQ(rule_of(near, nearer), 10) << "31 bits each";
}

TEST(DestinationOrder, BitsOfIpv6CountBeyondThePrefixOfTheSource) {
    const Candidate same{"2001:db8:1::1", source("2001:db8:1::1")};
    EXPECT_EQ(rule_of(same, {"2001:db8:1::2", source("2001:db8:1::1")}), 9);
}

TEST(DestinationOrder, FamiliesAreNotComparedByTheirBits) {
    EXPECT_EQ(rule_of({"2001:db8:1::1", source("2001:db8:1::2")}, {"10.0.0.1", source("10.0.0.1")},
                      "precedence ::/0 40\n"),
              10);
}

// Without an IPv6 address that is not loopback, glibc knows nothing about the host's addresses.
TEST(DestinationOrder, AHostWithoutIpv6HasNoFlagsAndPrefixes) {
    const OrderContext context{AddressPolicy::parse(""),
                               {source("::1", 1), deprecated("10.0.0.1")}};
    const auto blind = facts_about(address("10.0.0.2"), address("10.0.0.1"), context);
    EXPECT_FALSE(blind.deprecated);
    EXPECT_FALSE(blind.native);
    EXPECT_EQ(blind.interface, 0U);
    EXPECT_EQ(blind.matching_bits, 0U);
    EXPECT_EQ(facts_about(address("10.0.0.1"), address("10.0.0.1"), context).matching_bits, 32U);
}

TEST(DestinationOrder, EveryLoopbackSourceIsThatOfTheInterface) {
    const OrderContext context{AddressPolicy::parse(""),
                               {source("127.0.0.1", 1), source("fe80::1")}};
    EXPECT_EQ(facts_about(address("127.0.0.9"), address("127.0.0.9"), context).interface, 1U);
}

TEST(DestinationOrder, ScopesHaveNames) {
    EXPECT_EQ(scope_name(2), "link-local");
    EXPECT_EQ(scope_name(14), "global");
    EXPECT_EQ(scope_name(9), "9");
}

}  // namespace
}  // namespace sockbox::net
