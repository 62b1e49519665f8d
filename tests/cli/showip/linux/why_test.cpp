// End-to-end tests of showip --why with addresses and routes of our own, in private namespaces.
#include <gmock/gmock.h>

#include <cstdlib>

#include "paths.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr int refused_world = 77;  // exit status of with_addresses if it may not create namespaces

Ran in_world(const Words& words, std::chrono::milliseconds limit = patience) {
    Words all{SOCKBOX_SOURCE_DIR "/tests/with_addresses"};
    all.insert(all.end(), words.begin(), words.end());
    return Process(all).wait(limit);
}

// Runs shell code there, in which "$showip" is showip; skips the test if there is no such world.
#define IN_WORLD(ran, code)            \
    const Ran ran = in_world_sh(code); \
    if (ran.status == refused_world)   \
    GTEST_SKIP() << "no private namespaces or no interfaces of our own here"

Ran in_world_sh(const std::string& code) {
    return in_world({"/bin/sh", "-c", "showip=$0\n" + code, SOCKBOX_BIN_DIR "/showip"});
}

// A line of /etc/hosts for each address.
std::string hosts(const std::string& name, const Words& addresses) {
    std::string code = "cat >/etc/hosts <<'end'\n";
    for (const std::string& address : addresses)
        code += address + ' ' + name + '\n';
    return code + "end\n";
}

Ran compare_with_library(const std::string& setup, const std::string& sets) {
    const bool all = std::getenv("SOCKBOX_LONG_TESTS") != nullptr;
    return in_world({"/bin/sh", "-c", setup + "exec /usr/bin/python3 \"$0\" \"$@\"",
                     SOCKBOX_SOURCE_DIR "/tests/order_by_library.py", SOCKBOX_BIN_DIR "/showip",
                     "1", all ? "30000" : sets},
                    all ? std::chrono::hours(1) : patience);
}

TEST(ShowipWhy, TheRulesExplainTheOrderOfTheLibrary) {
    const Ran ran = compare_with_library("", "600");
    if (ran.status == refused_world)
        GTEST_SKIP() << "no private namespaces or no interfaces of our own here";
    EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
    for (const char* rule :
         {"{1: ", " 2: ", " 3: ", " 4: ", " 5: ", " 6: ", " 7: ", " 8: ", " 9: ", " 10: "})
        EXPECT_THAT(ran.out, HasSubstr(rule)) << "no set is ordered by this rule";
}

TEST(ShowipWhy, TheyDoAlsoOnAHostWithoutIpv6) {
    const Ran ran = compare_with_library(
        "ip -6 addr flush dev left; ip -6 addr flush dev right; ip link del tunnel 2>&-\n", "120");
    if (ran.status == refused_world)
        GTEST_SKIP() << "no private namespaces or no interfaces of our own here";
    EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
}

TEST(ShowipWhy, EachAddressIsExplained) {
    IN_WORLD(ran, hosts("a.test", {"8.8.8.8", "192.0.2.2", "2001:db8:71::5", "2001:db8:1::5",
                                   "64:ff9b::198.51.100.7", "fd00:4::7", "3fff:1::9"}) +
                      "\"$showip\" --why a.test");
    EXPECT_EQ(ran.out, R"x(IP addresses for a.test:

  IPv6: 2001:db8:1::5
        policy   scope global, label 1, precedence 40
        source   2001:db8:1::1: scope global, label 1
        why      rule 10, leave the order unchanged: nothing else distinguishes the next
        special  documentation (2001:db8::/32)
  IPv6: fd00:4::7
        policy   scope global, label 6, precedence 40
        source   fd00:4::1: scope global, label 6
        why      rule 6, prefer higher precedence: 40, the next 10
        special  ULA, unique local (fc00::/7)
  IPv4: 192.0.2.2
        policy   scope global, label 4, precedence 10
        source   192.0.2.1: scope global, label 4
        why      rule 5, prefer matching label: 4 as its source, the next 1 but its source 2
        special  documentation (192.0.2.0/24)
  IPv6: 3fff:1::9
        policy   scope global, label 1, precedence 40
        source   2002:c000:201::1: scope global, label 2
        why      rule 3, avoid deprecated addresses: the source of the next is deprecated
        special  documentation (3fff::/20)
  IPv6: 2001:db8:71::5
        policy   scope global, label 1, precedence 40
        source   2001:db8:2::1: scope global, label 1, deprecated
        why      rule 1, avoid unusable destinations: it has a source address, the next has none
        special  documentation (2001:db8::/32)
  IPv6: 64:ff9b::198.51.100.7
        policy   scope global, label 1, precedence 40
        source   none (ENETUNREACH)
        why      rule 6, prefer higher precedence: 40, the next 10
        special  NAT64 (64:ff9b::/96), for 198.51.100.7
  IPv4: 8.8.8.8
        policy   scope global, label 4, precedence 10
        source   none (ENETUNREACH)
        why      the last address
)x");
    EXPECT_EQ(ran.err, "");
    EXPECT_EQ(ran.status, 0);
}

TEST(ShowipWhy, TheJsonHasTheRuleAndTheValues) {
    IN_WORLD(ran, hosts("a.test", {"8.8.8.8", "2001:db8:1::5"}) + "\"$showip\" -j --why a.test");
    EXPECT_THAT(
        ran.out,
        AllOf(HasSubstr(R"x("why":{"rule":1,"summary":"rule 1, avoid unusable destinations: )x"
                        R"x(it has a source address, the next has none","scope":14,"label":1,)x"
                        R"x("precedence":40,"source":"2001:db8:1::1","source_scope":14,)x"
                        R"x("source_label":1,"matching_bits":125,"deprecated":false,"home":false,)x"
                        R"x("temporary":false},"special":"documentation (2001:db8::/32)")x"),
              HasSubstr(R"x("why":{"rule":null,"summary":"the last address","scope":14,"label":4,)x"
                        R"x("precedence":10,"source":null,"source_scope":null,)x"
                        R"x("source_label":null,"matching_bits":null,"deprecated":null,)x"
                        R"x("home":null,"temporary":null},"special":null)x")));
}

TEST(ShowipWhy, TheLongFormHasItAsWell) {
    IN_WORLD(ran, hosts("a.test", {"192.0.2.2", "fd00:4::7"}) + "\"$showip\" -l --why a.test");
    EXPECT_THAT(ran.out,
                AllOf(HasSubstr("      policy         = scope global, label 6, precedence 40\n"
                                "      source         = fd00:4::1: scope global, label 6\n"
                                "      why            = rule 6, prefer higher precedence: 40, the "
                                "next 10\n"
                                "      special        = ULA, unique local (fc00::/7)\n")));
}

TEST(ShowipWhy, AnAddressForSeveralTypesOfSocketFollowsItself) {
    IN_WORLD(ran, hosts("a.test", {"192.0.2.2", "fd00:4::7"}) +
                      "\"$showip\" --socktype any --why a.test | grep why");
    const std::string same =
        "        why      rule 10, leave the order unchanged: the next is the same address";
    const std::string better = "        why      rule 6, prefer higher precedence: 40, the next 10";
    EXPECT_THAT(lines(ran.out), testing::ElementsAre(same, same, better, same, same,
                                                     "        why      the last address"));
}

// The two answers of one process: the file is read again only where it says so.
TEST(ShowipWhy, AChangedPolicyAppliesAsTheLibraryAppliesIt) {
    for (const bool reload : {false, true}) {
        const std::string keep = reload ? "reload yes" : "reload no";
        IN_WORLD(ran, hosts("a.test", {"192.0.2.2", "fd00:4::7"}) + "echo " + keep +
                          " >/etc/gai.conf\n"
                          "folder=$(mktemp -d) && mkfifo \"$folder/names\"\n"
                          "\"$showip\" -j --why -f - <\"$folder/names\" >\"$folder/out\" &\n"
                          "exec 3>\"$folder/names\"\n"
                          "echo a.test >&3\n"
                          "for i in $(seq 1000); do\n"
                          "    ! grep -q a.test \"$folder/out\" || break; sleep 0.01\n"
                          "done\n"
                          "printf 'precedence ::ffff:0:0/96 100\\n" +
                          keep +
                          "\\n' >/etc/gai.conf\n"
                          "echo a.test >&3\n"
                          "exec 3>&-\n"
                          "wait; cat \"$folder/out\"; rm -r \"$folder\"");
        const Words answers = lines(ran.out);
        ASSERT_EQ(answers.size(), 2U) << ran.err;
        const std::string before = "rule 6, prefer higher precedence: 40, the next 10";
        EXPECT_THAT(answers[0], HasSubstr(before));
        EXPECT_THAT(
            answers[1],
            HasSubstr(reload ? "rule 6, prefer higher precedence: 100, the next 40" : before));
    }
}

}  // namespace
}  // namespace sockbox::test
