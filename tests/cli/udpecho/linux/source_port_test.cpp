// Tests of --source-port of udpecho and echo in a network that drops what comes from one port.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <regex>

#include "net/streams.h"
#include "paths.h"
#include "report/json.h"
#include "tests/linux/network.h"
#include "tests/peer.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

// Runs shell commands in a network with an echod on port 3490 of 127.0.0.1; a packet filter
// applies `rule` to what arrives.
Ran run_there(const std::string& rule, const std::string& commands) {
    const std::string filter =
        "nft 'add table inet t\nadd chain inet t i { type filter hook input priority 0\n}\n" +
        (rule.empty() ? "" : "add rule inet t i " + rule) + "'";
    return in_network(filter +
                      " && exec " SOCKBOX_SH_TESTS "/with_echod " SOCKBOX_SH_BIN
                      "/echod '-p 3490 -b 127.0.0.1' /bin/sh -c '"
                      "udpecho() { " SOCKBOX_SH_BIN
                      "/udpecho \"$@\"; }\n"
                      "echo() { " SOCKBOX_SH_BIN "/echo \"$@\"; }\n" +
                      commands + "'")
        .wait();
}

struct Port {
    double sent;
    double lost;
    bool has_p50;
    bool is_suspect;
    double chance;
};

// The list "by_source_port" of the last line.
std::map<int, Port> ports_in(const std::string& out) {
    std::map<int, Port> ports;
    const auto json = report::Json::parse(lines(out).back());
    const auto list = json ? json->find("by_source_port") : std::nullopt;
    EXPECT_TRUE(list) << out;
    if (!list)
        return ports;
    for (const report::Json& one : list->elements())
        ports[static_cast<int>(*one.find("port")->number())] = {
            *one.find("sent")->number(), *one.find("lost")->number(),
            one.find("p50_ns")->number().has_value(), one.find("suspect")->to_string() == "true",
            *one.find("chance")->number()};
    return ports;
}

class SourcePort : public testing::Test {
  protected:
    void SetUp() override {
        if (!has_network() || !has_nft())
            GTEST_SKIP() << "no network namespaces or no packet filter here";
    }
};

// How often a port's turn may have been missed on a busy machine, or given to it in place of
// another.
double missed_turns(double sent) {
    return std::max(1.0, sent / 20);
}

// Checks that there are 64 ports which sent about as much, and that only `bad` is suspect, having
// lost this share.
void expect_one_suspect(const std::string& out, double sent, int bad, double share) {
    const auto ports = ports_in(out);
    ASSERT_EQ(ports.size(), 64U) << out;
    for (const auto& [number, port] : ports) {
        const double lost = number == bad ? port.sent * share : 0;
        EXPECT_NEAR(port.sent, sent, missed_turns(sent)) << number;
        EXPECT_EQ(port.is_suspect, number == bad) << number;
        EXPECT_TRUE(port.lost == std::floor(lost) || port.lost == std::ceil(lost))
            << number << ": " << port.lost << " of " << port.sent;
        EXPECT_EQ(port.has_p50, port.lost < port.sent) << number;
        EXPECT_EQ(port.chance < 0.01, number == bad) << number;
    }
}

// The same, if the port has not sent anything.
void expect_bad(const std::string& out, int bad, double lost) {
    for (const auto& [number, port] : ports_in(out)) {
        EXPECT_EQ(port.is_suspect, number == bad) << number;
        EXPECT_EQ(port.lost, number == bad ? lost : 0) << number;
        EXPECT_EQ(port.sent == 0, number == bad) << number;
    }
}

TEST_F(SourcePort, OneBadPortOf64IsNamed) {
    const Ran ran = run_there("udp sport 40017 drop",
                              "udpecho --source-port 40000-40063 -c 640 -i 2ms -W 10s --json "
                              "127.0.0.1 3490");
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
    expect_one_suspect(ran.out, 10, 40017, 1);
}

// With this timeout a port keeps a record of everything that it sends, so that it is ready for each
// of its turns on a busy machine, too.
TEST_F(SourcePort, OnePortThatLosesAFifthIsNamed) {
    const Ran ran = run_there("udp sport 40040 numgen inc mod 5 == 0 drop",
                              "udpecho --source-port 40000-40063 -c 3200 --rate 1600 -W 10s --json "
                              "127.0.0.1 3490");
    expect_one_suspect(ran.out, 50, 40040, 0.2);
}

TEST_F(SourcePort, TextPageAndMetricsNameIt) {
    const TemporaryFile page;
    const TemporaryFile metrics;
    const Ran ran =
        run_there("udp sport 40017 drop",
                  "udpecho --source-port 40000-40063 -c 640 -i 1ms -W 10s --html " + page.path() +
                      " --metrics-file " + metrics.path() + " 127.0.0.1 3490");
    const std::regex summary(
        "\nsource ports 40000-40063: lost 0 to ([0-9]+) each, p50 [0-9.]+ to "
        "[0-9.]+ ms\nsuspect: source port 40017 lost \\1 of \\1 \\(100%\\), the "
        "others 0%; the probability that this is random is [0-9.]+e-[0-9]+\n");
    EXPECT_TRUE(std::regex_search(ran.out, summary)) << ran.out << ran.err;
    EXPECT_THAT(page.content(),
                AllOf(ContainsRegex("Suspect: source port 40017 lost (9 of 9|10 of 10|11 of 11)"),
                      HasSubstr("Each of 64 ports")));
    const std::string numbers = metrics.content();
    EXPECT_THAT(numbers,
                ContainsRegex("udpecho_port_lost_total.target=\"127.0.0.1:3490\",port=\"40017\". "
                              "(9|10|11)"));
    EXPECT_EQ(numbers.find("port=\"40016\""), numbers.npos);
}

TEST_F(SourcePort, CleanRunSuspectsNone) {
    const Ran ran = run_there("", R"(
        udpecho --source-port 40000-40063 -q -c 1280 --rate 2000 127.0.0.1 3490
        udpecho --source-port 40000-40003 -v -c 8 -i 1ms 127.0.0.1 3490
        udpecho --source-port 40000-40063 -c 640 -i 1ms --json 127.0.0.1 3490)");
    EXPECT_THAT(ran.out, AllOf(HasSubstr("source ports 40000-40063: lost 0 each, p50 "),
                               ContainsRegex("\nsource port 40003: [1-3] sent, 0 lost, p50 "),
                               Not(HasSubstr("suspect:"))))
        << ran.err;
    for (const auto& [number, port] : ports_in(ran.out)) {
        EXPECT_NEAR(port.sent, 10, missed_turns(10)) << number;
        EXPECT_FALSE(port.is_suspect) << number;
        EXPECT_EQ(port.chance, 1) << number;
    }
}

// What is lost on TCP is what it cannot repeat in time.
TEST_F(SourcePort, EchoNamesABadConnection) {
    const Ran ran = run_there("tcp sport 40017 meta length > 100 drop",
                              "echo --source-port 40000-40063 -c 640 -i 2ms -W 1s -j "
                              "127.0.0.1 3490");
    EXPECT_EQ(ran.status, tools::exit_mismatch) << ran.err;
    expect_one_suspect(ran.out, 10, 40017, 1);
}

// It cannot connect, or may not send: what is not sent is lost for the port.
TEST_F(SourcePort, PortThatCannotSendIsNamed) {
    const Ran tcp =
        run_there("tcp sport 40017 drop",
                  "echo --source-port 40000-40063 -c 640 -i 2ms --connect-timeout 3s -j "
                  "127.0.0.1 3490");
    expect_bad(tcp.out, 40017, 10);
    EXPECT_THAT(tcp.out, HasSubstr("Connection timed out, local port 40017"));
    const Ran udp = run_there(
        "udp sport 1 drop\nadd chain inet t o { type filter hook output "
        "priority 0\n}\nadd rule inet t o udp sport 40017 drop",
        "udpecho --source-port 40000-40063 -c 640 -i 2ms -j 127.0.0.1 3490");
    expect_bad(udp.out, 40017, 10);
    EXPECT_THAT(udp.out, AllOf(HasSubstr("\"unsent\":10,"), HasSubstr("EPERM")));
}

TEST_F(SourcePort, OneMessageIsUnderWayAtATimeInAClosedLoop) {
    const Ran ran = run_there("", "echo --source-port 40000-40007 -t 300ms -j 127.0.0.1 3490");
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
    const auto ports = ports_in(ran.out);
    ASSERT_EQ(ports.size(), 8U);
    for (const auto& [number, port] : ports)
        EXPECT_NEAR(port.sent, ports.begin()->second.sent, 1) << number;
}

// At once, also after a run whose connections are in TIME_WAIT.
TEST_F(SourcePort, SinglePortIsUsedByEveryMode) {
    const Ran ran = run_there("udp sport != 40001 udp dport 3490 drop", R"(
        udpecho --source-port 40001 127.0.0.1 3490 hello
        udpecho --source-port 40001 -q -c 2 -i 1ms 127.0.0.1 3490 | head -n 2 | tail -n 1
        udpecho --source-port 40001 -W 100ms -q --mtu 127.0.0.1 3490
        echo --source-port 40002 127.0.0.1 3490 again
        echo --source-port 40002 -q -c 2 -i 1ms 127.0.0.1 3490 | head -n 2 | tail -n 1
        echo --source-port 862 --metrics 0 -q -c 2 -i 1ms 127.0.0.1 3490 | grep sent)");
    EXPECT_EQ(ran.out,
              "hello\n2 sent, 2 received, 0 lost (0%)\n65535\nagain\n"
              "2 sent, 2 received, 0 lost (0%), 0 mismatched\n"
              "2 sent, 2 received, 0 lost (0%), 0 mismatched\n")
        << ran.err;
}

TEST_F(SourcePort, OneThatNeedsAPrivilegeHasThatHint) {
    const Ran ran =
        run_there("",
                  "for tool in udpecho echo; do setpriv --bounding-set -net_bind_service "
                  "--inh-caps -net_bind_service " SOCKBOX_SH_BIN
                  "/$tool --source-port 500 127.0.0.1 3490 </dev/null; done");
    const std::string complaint = "echo: bind 0.0.0.0:500: Permission denied (EACCES)\n";
    EXPECT_THAT(ran.err, AllOf(HasSubstr("udp" + complaint), HasSubstr("\n" + complaint),
                               HasSubstr("udpecho: hint: ports below 1024 need root"),
                               HasSubstr("\necho: hint: ports below 1024 need root")));
}

TEST_F(SourcePort, PortsInUseAreNamed) {
    const Ran ran = run_there("", R"(
        for options in "--source-port 3490" "--source-port 3488-3492 -c 1"; do
            udpecho $options 127.0.0.1 3490; printf "%s\n" "$?"
            echo $options 127.0.0.1 3490 </dev/null; printf "%s\n" "$?"
        done
        udpecho --source-port 3488-3492 -c 0 127.0.0.1 3490; printf "%s\n" "$?")");
    EXPECT_EQ(ran.out, "3\n3\n3\n3\n3\n") << ran.err;
    for (const std::string& line : lines(ran.err))
        if (line.find("hint:") == line.npos) {
            EXPECT_THAT(line, AllOf(HasSubstr(":3490: Address already in use (EADDRINUSE)"),
                                    HasSubstr("echo: bind 0.0.0.0:3490")));
        }
}

TEST_F(SourcePort, AUsedOneIsNamedWithACureForClients) {
    auto peer = Peer::datagram([](auto&, const auto&, const auto&) {});
    for (const tools::Run command : {tools::echo, tools::udpecho}) {
        auto held = command == tools::echo
                        ? net::listen_on(net::Endpoint::loopback(net::Family::ipv4))
                        : net::bind_datagram(net::Endpoint::loopback(net::Family::ipv4));
        ASSERT_TRUE(held);
        const Ran ran =
            run(command, {"--source", "127.0.0.1", "--source-port",
                          std::to_string(held->local()->port()), "127.0.0.1", peer.port(), "hi"});
        EXPECT_EQ(ran.status, tools::exit_refused);
        EXPECT_THAT(ran.err, testing::HasSubstr("without --source-port the system chooses one"));
    }
}

}  // namespace
}  // namespace sockbox::test
