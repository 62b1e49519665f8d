// Tests of udpecho on a path of three links with a narrow last one: --mtu, --trace and ICMP.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "paths.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;

constexpr int refused_world = 77;  // exit status of with_path if it may not create namespaces
constexpr const char* udpecho_path = SOCKBOX_BIN_DIR "/udpecho";

Ran run_there(const std::string& setup, const Words& words) {
    Words all{SOCKBOX_SOURCE_DIR "/tests/with_path", udpecho_path, setup};
    all.insert(all.end(), words.begin(), words.end());
    return Process(all).wait();
}

// Runs shell commands there, in which `udpecho` is ours; skips the test if there are no such
// namespaces.
#define RUN_ON_PATH(ran, setup, commands)                                                       \
    const Ran ran = run_there(                                                                  \
        setup, {"/bin/sh", "-c",                                                                \
                "udpecho() { " SOCKBOX_SH_BIN "/udpecho \"$@\"; }\n" + std::string(commands)}); \
    if (ran.status == refused_world)                                                            \
    GTEST_SKIP() << "no private namespaces here: " << ran.err

// A line that lists this ICMP error.
testing::Matcher<std::string> error_of(const std::string& symbol, const std::string& message) {
    return ContainsRegex(R"("symbol":")" + symbol + R"(","code":[0-9]+,"message":")" + message +
                         R"(","phase":"icmp")");
}

TEST(UdpEchoPath, MtuIsFoundWithItsSource) {
    RUN_ON_PATH(ran, "", R"(
        udpecho --mtu 10.9.3.2 7007
        udpecho --mtu --json fd09:3::2 7007)");
    const Words found = lines(ran.out);
    ASSERT_EQ(found.size(), 4U) << ran.out << ran.err;
    EXPECT_EQ(found[0], "path MTU to 10.9.3.2:7007: 1300 bytes (UDP payload 1272)");
    EXPECT_EQ(found[1], "  1500 as reported by this host");
    EXPECT_EQ(found[2], "  1300 as reported by 10.9.2.2");
    EXPECT_THAT(found[3],
                AllOf(HasSubstr(R"("mode":"mtu","address":"[fd09:3::2]:7007",)"
                                R"("mtu_bytes":1300,"payload_bytes":1252,)"),
                      HasSubstr(R"({"mtu_bytes":1300,"from":"fd09:2::2"}],"black_hole":false)")));
    EXPECT_EQ(ran.status, tools::exit_ok);
}

TEST(UdpEchoPath, SizesAtTheLimitPassOrAreReported) {
    RUN_ON_PATH(ran, "", R"(
        for at in '10.9.3.2 1272' '10.9.3.2 1273' 'fd09:3::2 1252' 'fd09:3::2 1253'; do
            set -- $at
            [ "${1#fd}" = "$1" ] && option=IP_MTU_DISCOVER || option=IPV6_MTU_DISCOVER
            udpecho --json -c 1 -s "$2" --set "$option=PROBE" "$1" 7007 | tail -n 1
        done)");
    const Words found = lines(ran.out);
    ASSERT_EQ(found.size(), 4U) << ran.out << ran.err;
    EXPECT_THAT(found[0], HasSubstr(R"("received":1,)"));
    EXPECT_THAT(found[1],
                AllOf(HasSubstr(R"("received":0,"lost":1,)"), HasSubstr(R"("lost_undelivered":1,)"),
                      error_of("EMSGSIZE", "fragmentation needed from 10.9.2.2, MTU 1300")));
    EXPECT_THAT(found[2], HasSubstr(R"("received":1,)"));
    EXPECT_THAT(found[3], error_of("EMSGSIZE", "packet too big from fd09:2::2, MTU 1300"));
}

TEST(UdpEchoPath, BlackHoleIsFoundBySearching) {
    RUN_ON_PATH(ran,
                "ip netns exec r2 nft 'add table ip t\nadd chain ip t o { type filter hook "
                "output priority 0\n}\nadd rule ip t o icmp type destination-unreachable drop'",
                "udpecho --mtu --json -W 500ms 10.9.3.2 7007");
    EXPECT_THAT(ran.out,
                AllOf(HasSubstr(R"("mtu_bytes":1300,"payload_bytes":1272,)"),
                      HasSubstr(R"("limits":[{"mtu_bytes":1500,"from":null}],"black_hole":true)")))
        << ran.err;
}

TEST(UdpEchoPath, NoResponseIsAFailure) {
    RUN_ON_PATH(ran, "", R"(
        udpecho --mtu -W 50ms 10.9.3.2 7008; echo $?
        udpecho --mtu --trace 10.9.3.2 7008; echo $?
        udpecho --trace -W 50ms --json 10.9.3.99 7007; echo $?)");
    EXPECT_THAT(ran.err, HasSubstr("udpecho: send to 10.9.3.2:7008: port unreachable from "
                                   "10.9.3.2 (ECONNREFUSED)\n"));
    const Words found = lines(ran.out);
    ASSERT_EQ(found.size(), 4U) << ran.out;
    EXPECT_EQ(found[0], "4");
    EXPECT_EQ(found[1], "1");
    EXPECT_THAT(found[2], HasSubstr(R"("reached":false)"));
    EXPECT_EQ(found[3], "4");
}

TEST(UdpEchoPath, TraceShowsTheHops) {
    RUN_ON_PATH(ran, "", R"(
        udpecho --trace 10.9.3.2 7007
        udpecho --trace --json fd09:3::2 7007)");
    const Words found = lines(ran.out);
    ASSERT_EQ(found.size(), 4U) << ran.out << ran.err;
    const std::string times = R"((  [0-9.]+ ms){3}$)";
    EXPECT_THAT(found[0], ContainsRegex("^ 1  10\\.9\\.1\\.2" + times));
    EXPECT_THAT(found[1], ContainsRegex("^ 2  10\\.9\\.2\\.2" + times));
    EXPECT_THAT(found[2], ContainsRegex("^ 3  10\\.9\\.3\\.2" + times));
    EXPECT_THAT(found[3],
                AllOf(HasSubstr(R"("mode":"trace","address":"[fd09:3::2]:7007",)"
                                R"("reached":true,"refused":false,"hops":[{"hop":1,)"),
                      HasSubstr(R"("from":"fd09:1::2")"), HasSubstr(R"("from":"fd09:2::2")"),
                      HasSubstr(R"("hop":3,"answers":[{"from":"fd09:3::2")"),
                      HasSubstr("hop limit exceeded")));
    EXPECT_EQ(ran.status, tools::exit_ok);
}

// The second router prohibits what it would forward to the server, as traceroute shows with !X.
TEST(UdpEchoPath, TraceEndsWhereARouterRefuses) {
    RUN_ON_PATH(ran, R"(ip netns exec r2 nft 'add table inet t
add chain inet t f { type filter hook forward priority 0
}
add rule inet t f udp dport 7007 reject with icmpx type admin-prohibited')",
                R"(
        udpecho --trace 10.9.3.2 7007; echo $?
        udpecho --trace --json fd09:3::2 7007; echo $?)");
    const Words found = lines(ran.out);
    ASSERT_EQ(found.size(), 7U) << ran.out << ran.err;
    EXPECT_THAT(found[1], ContainsRegex("^ 2  10\\.9\\.2\\.2  [0-9.]+ ms"));
    EXPECT_THAT(found[2], ContainsRegex("^ 3  10\\.9\\.2\\.2  [0-9.]+ ms.*administratively "
                                        "prohibited from 10\\.9\\.2\\.2"));
    EXPECT_EQ(found[3], "10.9.3.2:7007 was not reached: the last hop refuses to forward to it");
    EXPECT_EQ(found[4], "4");
    EXPECT_THAT(found[5], AllOf(HasSubstr(R"("reached":false,"refused":true,)"),
                                HasSubstr(R"({"hop":3,)"), testing::Not(HasSubstr(R"("hop":4)"))));
    EXPECT_EQ(found[6], "4");
}

// The times in a line of hops, in milliseconds.
std::vector<double> times_in(const std::string& hop) {
    std::vector<double> times;
    for (std::size_t at = hop.find(" ms"); at != hop.npos; at = hop.find(" ms", at + 1)) {
        const std::size_t begin = hop.rfind(' ', at - 1) + 1;
        times.push_back(std::stod(hop.substr(begin, at - begin)));
    }
    return times;
}

double longest_time(const std::string& hop) {
    const std::vector<double> times = times_in(hop);
    return times.empty() ? 0 : *std::ranges::max_element(times);
}

// Over four hops, one more than in the other tests. A busy machine makes single times longer, so
// the shortest ones of several runs, by turns, are compared.
TEST(UdpEchoPath, TracedTimesAreThoseOfTraceroute) {
    if (Process({"/bin/sh", "-c", "command -v traceroute"}).wait().status != 0)
        GTEST_SKIP() << "there is no traceroute";
    RUN_ON_PATH(ran, R"(ip netns add far && ip netns exec far sh -c "$prepare"
link 4 server far 1500 && up server to_far && up far to_server
ip -n r2 route add 10.9.4.0/24 via 10.9.3.2
ip -n far route add 10.9.0.0/16 via 10.9.4.1)",
                R"(
        mkfifo /run/far
        ip netns exec far ")" +
                    std::string(udpecho_path) + R"(" --listen -p 7007 >/run/far &
        far=$!
        read -r _ </run/far
        for round in $(seq 15); do
            traceroute -n -N 1 10.9.4.2 | tail -n +2 | sed 's/^/traceroute /'
            udpecho --trace 10.9.4.2 7007 | sed 's/^/udpecho /'
        done
        kill $far)");
    std::map<std::string, double> shortest;  // by program and hop: "udpecho 1"
    for (const std::string& line : lines(ran.out)) {
        std::istringstream words(line);
        std::string program;
        int hop = 0;
        words >> program >> hop;
        double& least =
            shortest.try_emplace(fmt::format("{} {}", program, hop), 1000).first->second;
        for (const double time : times_in(line))
            least = std::min(least, time);
    }
    ASSERT_EQ(shortest.size(), 8U) << ran.out << ran.err;
    for (int hop = 1; hop <= 4; ++hop)
        EXPECT_NEAR(shortest[fmt::format("udpecho {}", hop)],
                    shortest[fmt::format("traceroute {}", hop)], 0.2)
            << ran.out;
}

// The program sees every answer 300 ms late, but the kernel took the times. On a busy machine the
// kernel may begin with that too late, so one of several runs has to show it.
TEST(UdpEchoPath, TracedTimesAreTheKernels) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "a sanitizer's own calls would be traced";
#endif
    double least = 1000;
    for (int run = 0; run < 10 && least >= 200; ++run) {
        RUN_ON_PATH(ran, "",
                    R"(
            strace -qq -o /dev/null /bin/true 2>/dev/null || exit 77
            strace -qq -f -o /dev/null -e trace=ppoll -e inject=ppoll:delay_exit=300000 )" +
                        std::string(SOCKBOX_SH_BIN) + R"(/udpecho --trace 10.9.3.2 7007)");
        const Words found = lines(ran.out);
        ASSERT_EQ(found.size(), 3U) << ran.out << ran.err;
        // The last hop waits for a program.
        least = std::min(least, std::max(longest_time(found[0]), longest_time(found[1])));
    }
    EXPECT_LT(least, 200);
}

// Too long for the first link, so they cannot be sent in trains (UDP_SEGMENT).
TEST(UdpEchoPath, DatagramsThatAreCutOnTheirWayHaveTheirRateToo) {
    RUN_ON_PATH(ran, "", "udpecho --json --rate 50000 -c 40 -s 2000 10.9.3.2 7007");
    EXPECT_THAT(ran.out, HasSubstr(R"("sent":40,"received":40,"lost":0,"pending":0,"unsent":0)"))
        << ran.err;
    EXPECT_THAT(ran.out, HasSubstr(R"("errors":[])"));
}

// What the first router rejects is reported with its name, and no later probe is lost because of
// it.
TEST(UdpEchoPath, IcmpErrorsOfEveryKindAreNamed) {
    RUN_ON_PATH(ran, "", R"(
        for with in icmpx\ type\ host-unreachable icmpx\ type\ no-route icmpx\ type\ admin-prohibited; do
            ip netns exec r1 nft "add table inet t
add chain inet t f { type filter hook forward priority 0
}
add rule inet t f udp dport 7007 reject with $with"
            udpecho --json -q -c 3 -i 1ms 10.9.3.2 7007
            udpecho --json -q -c 3 -i 1ms fd09:3::2 7007
            ip netns exec r1 nft flush ruleset
        done)");
    const Words found = lines(ran.out);
    ASSERT_EQ(found.size(), 6U) << ran.out << ran.err;
    EXPECT_THAT(found[0], error_of("EHOSTUNREACH", "host unreachable from 10.9.1.2"));
    EXPECT_THAT(found[1], error_of("EHOSTUNREACH", "address unreachable from fd09:1::2"));
    EXPECT_THAT(found[2], error_of("ENETUNREACH", "network unreachable from 10.9.1.2"));
    EXPECT_THAT(found[3], error_of("ENETUNREACH", "no route from fd09:1::2"));
    EXPECT_THAT(found[4], error_of("EHOSTUNREACH", "administratively prohibited from 10.9.1.2"));
    EXPECT_THAT(found[5], error_of("EACCES", "administratively prohibited from fd09:1::2"));
    for (const std::string& line : found) {
        EXPECT_THAT(line, HasSubstr(R"("sent":3,"received":0,"lost":3,)"));
        EXPECT_THAT(line, HasSubstr(R"("lost_undelivered":3,"lost_numbers":[[1,3]],)"));
    }
}

TEST(UdpEchoPath, AZoneNamesTheLink) {
    RUN_ON_PATH(ran, "ip -n server addr add fe80::7/64 dev lo nodad", R"(
        for host in fe80::7%lo '[fe80::7%1]'; do
            ip netns exec server ")" + std::string(udpecho_path) + R"(" -c 1 $host 7007 | head -n 1
        done
        ip netns exec server ")" + std::string(udpecho_path) + R"(" -c 1 fe80::7 7007; echo $?)");
    const Words found = lines(ran.out);
    ASSERT_EQ(found.size(), 3U) << ran.out << ran.err;
    EXPECT_THAT(found[0], testing::StartsWith("64 bytes from [fe80::7%lo]:7007: seq=1"));
    EXPECT_THAT(found[1], testing::StartsWith("64 bytes from [fe80::7%lo]:7007: seq=1"));
    EXPECT_EQ(found[2], "3");
    EXPECT_THAT(ran.err, HasSubstr("needs a zone"));
}

// Two of twenty are lost on the way there, and three of the replies on the way back. The port is
// STAMP's own.
TEST(UdpEchoPath, StampShowsTheLossInEachDirection) {
    RUN_ON_PATH(ran, "",
                R"(
        mkfifo /run/reflecting
        ip netns exec server ")" +
                    std::string(udpecho_path) + R"(" --listen --stamp --stateful >/run/reflecting &
        reflector=$!
        read -r ready </run/reflecting; echo "$ready"
        for state in '' --stateful; do
            ip netns exec r1 nft "add table inet t
add chain inet t f { type filter hook forward priority 0
}
add rule inet t f udp dport 862 numgen inc mod 10 3 drop
add rule inet t f udp sport 862 numgen inc mod 6 2 drop"
            udpecho --stamp $state --json -q -c 20 -i 1ms -W 1s 10.9.3.2
            ip netns exec r1 nft flush ruleset
        done
        udpecho --stamp --json -q -c 3 -i 1ms -W 1s 10.9.3.2
        kill $reflector; wait $reflector
        ip netns exec server ")" +
                    std::string(udpecho_path) + R"(" --listen --stamp >/run/reflecting &
        reflector=$!
        read -r ready </run/reflecting
        ip netns exec r1 nft "add table inet t
add chain inet t f { type filter hook forward priority 0
}
add rule inet t f udp sport 862 numgen inc mod 2 0 drop"
        udpecho --stamp --json -q -c 4 -i 1ms -W 2s 10.9.3.2
        kill $reflector)");
    const Words found = lines(ran.out);
    ASSERT_EQ(found.size(), 5U) << ran.out << ran.err;
    EXPECT_THAT(found[0], HasSubstr(":862 (udp)"));
    for (const std::string& line : {found[1], found[2]}) {
        EXPECT_THAT(line, HasSubstr(R"("target":"10.9.3.2:862")"));
        EXPECT_THAT(line, HasSubstr(R"("sent":20,"received":15,"lost":5,)"));
        EXPECT_THAT(line, HasSubstr(R"("lost_numbers":[[2,3],[9,9],[13,13],[16,16]],)"));
        EXPECT_THAT(line, HasSubstr(R"("forward":{"lost":2,)"));
        EXPECT_THAT(line, HasSubstr(R"("backward":{"lost":3,)"));
    }
    EXPECT_THAT(found[3], HasSubstr(R"("forward":{"lost":0,)")) << "none was lost";
    EXPECT_THAT(found[4], HasSubstr(R"("sent":4,"received":2,"lost":2,)"));
    EXPECT_THAT(found[4], HasSubstr(R"("forward":{"lost":null,)")) << "nobody counts";
}

TEST(UdpEchoPath, LossIsListedExactlyAndUnsentIsNoLoss) {
    RUN_ON_PATH(ran, "", R"(
        ip netns exec server nft "add table inet t
add chain inet t i { type filter hook input priority 0
}
add rule inet t i udp dport 7007 numgen inc mod 5 0 drop"
        udpecho --json -q -c 100 --rate 1000 -W 1s 10.9.3.2 7007
        ip netns exec here nft "add table inet t
add chain inet t o { type filter hook output priority 0
}
add rule inet t o udp dport 7007 drop"
        udpecho --json -q -c 5 -i 0 10.9.3.2 7007; echo $?)");
    const Words found = lines(ran.out);
    ASSERT_EQ(found.size(), 3U) << ran.out << ran.err;
    std::string dropped;
    for (int number = 1; number <= 100; number += 5)
        dropped += fmt::format("{}[{},{}]", dropped.empty() ? "" : ",", number, number);
    EXPECT_THAT(found[0],
                HasSubstr(R"("sent":100,"received":80,"lost":20,"pending":0,"unsent":0)"));
    EXPECT_THAT(found[0], HasSubstr(R"("lost_numbers":[)" + dropped + R"(],)"));
    EXPECT_THAT(found[1], HasSubstr(R"("sent":0,"received":0,"lost":0,"pending":0,"unsent":5)"));
    EXPECT_THAT(found[1], HasSubstr(R"("symbol":"EPERM")"));
    EXPECT_EQ(found[2], "4");
}

}  // namespace
}  // namespace sockbox::test
