// Tests of how echo connects: packet filters, many addresses and few ports, in network namespaces.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "paths.h"
#include "system/clock.h"
#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* echo_program = SOCKBOX_BIN_DIR "/echo";
constexpr const char* echod_program = SOCKBOX_BIN_DIR "/echod";

// Runs one of the scripts in tests/ that set up a network for the command after its arguments.
Ran run_in(const std::string& script, Words words) {
    words.insert(words.begin(), SOCKBOX_SOURCE_DIR "/tests/" + script);
    return Process(words).wait();
}

std::vector<std::int64_t> members(const std::string& json, const std::string& name) {
    std::vector<std::int64_t> found;
    const std::string key = '"' + name + "\":";
    for (std::size_t at = json.find(key); at != json.npos; at = json.find(key, at + 1))
        found.push_back(std::stoll(json.substr(at + key.size())));
    return found;
}

TEST(EchoConnect, SilenceEndsAtItsTimeout) {
    const auto begin = net::Clock::now();
    const Ran ran = run_in("with_firewall", {"drop", echo_program, "--json", "--connect-timeout",
                                             "1s", "127.0.0.1", "3490", "hello"});
    if (ran.status == 77)
        GTEST_SKIP() << "no packet filter here";
    EXPECT_LT(net::Clock::now() - begin, 20s) << "the system itself would try for 127 s";
    EXPECT_EQ(ran.err, "echo: connect 127.0.0.1:3490: Connection timed out (ETIMEDOUT)\n");
    EXPECT_EQ(ran.status, tools::exit_refused);
    const auto elapsed = members(ran.out, "elapsed_ns");
    ASSERT_EQ(elapsed.size(), 1U) << ran.out;
    EXPECT_GE(elapsed[0], 500'000'000) << "all of the second but what looking up took";
}

TEST(EchoConnect, InterruptEndsTheWaitAndIsReportedAsJson) {
    if (run_in("with_firewall", {"drop", "/bin/true"}).status == 77)
        GTEST_SKIP() << "no packet filter here";
    Process process({"/bin/sh", "-c",
                     "exec " SOCKBOX_SH_TESTS "/with_firewall drop " SOCKBOX_SH_BIN
                     "/echo --json -v --connect-timeout 1h 127.0.0.1 3490 hello 2>&1"});
    EXPECT_THAT(process.read_line(), StartsWith("echo: trying 127.0.0.1:3490 after "));
    process.send_signal(SIGTERM);
    EXPECT_EQ(process.read_line(), "echo: connect 127.0.0.1:3490: Operation canceled (ECANCELED)");
    EXPECT_THAT(without_origin(process.read_line()),
                StartsWith(R"({"tool":"echo","event":"result","target":)"));
    EXPECT_EQ(process.wait().status, 128 + SIGTERM);
}

constexpr const char* before_connecting =
    R"("event":"interim","target":"127.0.0.1:3490","address":null,"mode":"open","phase":"connecting","sent":0,)";

// The next line that does not report that the name is being resolved.
std::string read_report(Process& process) {
    std::string line = process.read_line();
    while (line.find("resolving") != line.npos)
        line = process.read_line();
    return line;
}

TEST(EchoConnect, ReportsShowThatNothingIsConnected) {
    if (run_in("with_firewall", {"drop", "/bin/true"}).status == 77)
        GTEST_SKIP() << "no packet filter here";
    Process process({SOCKBOX_SOURCE_DIR "/tests/with_firewall", "drop", echo_program, "--json",
                     "-c", "0", "--rate", "10", "--connect-timeout", "1h", "--report-interval",
                     "50ms", "127.0.0.1", "3490"});
    EXPECT_THAT(without_origin(read_report(process)), HasSubstr(before_connecting));
    process.send_signal(SIGTERM);
    const Ran ran = process.wait();
    const Words told = lines(ran.out);
    ASSERT_FALSE(told.empty()) << ran.err;
    EXPECT_THAT(told.back(),
                AllOf(HasSubstr(R"("event":"result")"), HasSubstr(R"("symbol":"ECANCELED")")));
    EXPECT_EQ(ran.status, 128 + SIGTERM);
    EXPECT_EQ(ran.err, "echo: connect 127.0.0.1:3490: Operation canceled (ECANCELED)\n");
}

TEST(EchoConnect, AReportWhileConnectingDoesNotEndIt) {
    if (run_in("with_firewall", {"drop", "/bin/true"}).status == 77)
        GTEST_SKIP() << "no packet filter here";
    Process process({SOCKBOX_SOURCE_DIR "/tests/with_firewall", "drop", echo_program, "-c", "3",
                     "-v", "--connect-timeout", "1h", "--report-interval", "500ms", "127.0.0.1",
                     "3490"});
    for (int told = 0; told < 3; ++told) {
        EXPECT_EQ(read_report(process), "127.0.0.1:3490: connecting, nothing is measured yet");
        process.send_signal(SIGQUIT);
    }
    process.send_signal(SIGINT);
    EXPECT_EQ(process.wait().status, 128 + SIGINT);
}

// Only the first connection is established. After a second the run goes on without the others, and
// does not wait for their messages as long as their connect timeout.
TEST(EchoConnect, ReportsShowThePhaseOfTheRun) {
    const Ran ran = run_in(
        "with_firewall",
        {"tcp flags syn numgen inc mod 1000 != 0 drop", "/bin/sh", "-c",
         "exec " SOCKBOX_SH_TESTS "/with_echod " SOCKBOX_SH_BIN
         "/echod '--tcp -e epoll -b 127.0.0.1 -p 3490' " SOCKBOX_SH_BIN
         "/echo --json -P 3 --rate 100 -t 500ms --warmup 500ms -W 100ms --report-interval 20ms "
         "127.0.0.1 3490"});
    if (ran.status == 77)
        GTEST_SKIP() << "no packet filter here";
    ASSERT_FALSE(ran.out.empty()) << ran.err;
    Words phases;
    for (const std::string& line : lines(ran.out)) {
        const bool is_interim = line.find(R"("event":"interim")") != line.npos;
        const std::size_t at = is_interim ? line.find(R"("phase":")") : line.npos;
        const std::string phase =
            at == line.npos ? "" : line.substr(at + 9, line.find('"', at + 9) - at - 9);
        if (phase != "resolving" && (phases.empty() || phases.back() != phase))
            phases.push_back(phase);
    }
    EXPECT_THAT(phases, testing::ElementsAre("connecting", "warming up", "measuring", ""))
        << ran.out << ran.err;
    const std::string result = lines(ran.out).back();
    EXPECT_NEAR(
        static_cast<double>(members(result, "sent").at(0) + members(result, "unsent").at(0) +
                            members(result, "missed_slots").at(0)),
        50, 1)
        << "each slot is told of: " << result;
    const bool told =
        result.find(R"("message":"not connected in time","phase":"send")") != result.npos;
    EXPECT_EQ(told, members(result, "unsent").at(0) > 0) << result;
    EXPECT_LT(members(result, "duration_ns").at(0), 5'000'000'000);
}

// None of these times out: the rejection itself ends the wait.
TEST(EchoConnect, RejectionsAreReportedAtOnceByName) {
    const struct {
        const char* rule;
        const char* told;
        const char* told_of_ipv6;
    } rejections[] = {
        {"reject with tcp reset", "Connection refused (ECONNREFUSED)",
         "Connection refused (ECONNREFUSED)"},
        {"reject with icmpx admin-prohibited", "No route to host (EHOSTUNREACH)",
         "Permission denied (EACCES)"},
        {"reject with icmpx host-unreachable", "No route to host (EHOSTUNREACH)",
         "No route to host (EHOSTUNREACH)"},
        {"reject with icmpx no-route", "Network is unreachable (ENETUNREACH)",
         "Network is unreachable (ENETUNREACH)"},
    };
    for (const auto& rejection : rejections)
        for (const bool ipv6 : {false, true}) {
            const Ran ran =
                run_in("with_firewall", {rejection.rule, echo_program, "--connect-timeout", "1h",
                                         ipv6 ? "::1" : "127.0.0.1", "3490", "hello"});
            if (ran.status == 77)
                GTEST_SKIP() << "no packet filter here";
            EXPECT_EQ(ran.err,
                      fmt::format("echo: connect {}:3490: {}\n", ipv6 ? "[::1]" : "127.0.0.1",
                                  ipv6 ? rejection.told_of_ipv6 : rejection.told));
            EXPECT_EQ(ran.out, "");
            EXPECT_EQ(ran.status, tools::exit_refused) << rejection.rule;
        }
}

TEST(EchoConnect, RefusedFamilyGivesWayToTheOther) {
    const Ran ran = run_in("with_fakedns", {SOCKBOX_SOURCE_DIR "/tests/with_echod", echod_program,
                                            "--tcp -e epoll -b 127.0.0.1 -p 3490", echo_program,
                                            "-v", "dual.test", "3490", "hello"});
    if (ran.status == 77)
        GTEST_SKIP() << "no private world of names here";
    EXPECT_THAT(ran.err,
                AllOf(HasSubstr("echo: connect [::1]:3490: Connection refused (ECONNREFUSED)\n"
                                "echo: trying 127.0.0.1:3490 after "),
                      HasSubstr("echo: connected to 127.0.0.1:3490 in ")));
    EXPECT_EQ(ran.out, "hello\n");
    EXPECT_EQ(ran.status, tools::exit_ok);
    const Ran none = run_in("with_fakedns", {echo_program, "dual.test", "3490", "hello"});
    EXPECT_EQ(none.err,
              "echo: connect [::1]:3490: Connection refused (ECONNREFUSED)\n"
              "echo: connect 127.0.0.1:3490: Connection refused (ECONNREFUSED)\n")
        << "each address with its own error";
    EXPECT_EQ(none.status, tools::exit_refused);
}

// In a world whose resolver waits longer than the test.
Ran run_with_patient_resolver(const Words& words) {
    Words all{SOCKBOX_SOURCE_DIR "/tests/with_fakedns"};
    all.insert(all.end(), words.begin(), words.end());
    return Process(all, {"FAKEDNS_OPTIONS=options timeout:30 attempts:5"}).wait();
}

// RFC 8305, section 3: the answer for one family is used while that for the other is awaited.
TEST(EchoConnect, HalfAnAnswerIsEnough) {
    for (const char* host : {"half4.test", "half6.test"}) {
        const Ran ran = run_with_patient_resolver(
            {SOCKBOX_SOURCE_DIR "/tests/with_echod", echod_program, "--tcp -e epoll -p 3490",
             echo_program, "--connect-timeout", "20s", host, "3490", "hello"});
        if (ran.status == 77)
            GTEST_SKIP() << "no private world of names here";
        EXPECT_EQ(ran.out, "hello\n") << ran.err;
        EXPECT_EQ(ran.status, tools::exit_ok);
    }
}

TEST(EchoConnect, TheTimeToConnectIncludesTheLookup) {
    for (const Words& how : {Words{"hello"}, {"-c", "1"}}) {
        Words words{echo_program, "--connect-timeout", "300ms", "silent.test", "3490"};
        words.insert(words.end(), how.begin(), how.end());
        const Ran ran = run_with_patient_resolver(words);
        if (ran.status == 77)
            GTEST_SKIP() << "no private world of names here";
        EXPECT_THAT(ran.err, StartsWith("echo: resolve silent.test: no answer within 300ms"));
        EXPECT_THAT(ran.err, HasSubstr("--connect-timeout"));
        EXPECT_EQ(ran.status, tools::exit_unresolved);
    }
    const Ran refused = run_with_patient_resolver(
        {echo_program, "--connect-timeout", "3s", "half4.test", "3490", "hello"});
    EXPECT_THAT(refused.err, HasSubstr("connect 127.0.0.1:3490: Connection refused"));
    EXPECT_EQ(refused.status, tools::exit_refused);
}

// Whatever the name contains, it is reported in a single line without control characters.
TEST(EchoConnect, ImpossibleNamesAreReported) {
    const Words hosts{std::string(300, 'a'),
                      std::string(64, 'b') + ".test",
                      "a..b",
                      "two words",
                      "\xff\xfe",
                      "%s%n",
                      "\x1b[31mred"};
    Words words{"/bin/sh", "-c", "for host; do \"$0\" -- \"$host\" 7 x; echo $?; done",
                echo_program};
    words.insert(words.end(), hosts.begin(), hosts.end());
    const Ran ran = run_in("with_fakedns", words);
    if (ran.status == 77)
        GTEST_SKIP() << "no private world of names here";
    EXPECT_THAT(lines(ran.out), testing::AllOf(testing::SizeIs(hosts.size()),
                                               testing::Each(testing::AnyOf("1", "2"))));
    for (const std::string& line : lines(ran.err)) {
        EXPECT_THAT(line, StartsWith("echo: "));
        EXPECT_TRUE(std::ranges::none_of(line, [](unsigned char c) { return c < ' ' || c > '~'; }))
            << line;
    }
    EXPECT_THAT(ran.err, AllOf(HasSubstr("two words"), HasSubstr("\\xff\\xfe"), HasSubstr("%s%n"),
                               HasSubstr("\\x1b[31mred")));
}

// Each of the 499 addresses before it refuses at once, yet they are not tried in one burst.
TEST(EchoConnect, LastOfManyAddressesIsReachedWithoutABurst) {
    const auto begin = net::Clock::now();
    const Ran ran =
        run_in("with_fakedns", {"/bin/sh", "-c",
                                "ip route add local 10.9.0.0/16 dev lo && exec " SOCKBOX_SH_TESTS
                                "/with_echod " SOCKBOX_SH_BIN
                                "/echod '--tcp -e epoll -b 10.9.1.250 -p 3490' " SOCKBOX_SH_BIN
                                "/echo -v --connect-timeout 25s many.test 3490 hello"});
    if (ran.status == 77)
        GTEST_SKIP() << "no private world of names here";
    EXPECT_GE(net::Clock::now() - begin, 499 * 10ms);
    const Words told = lines(ran.err);
    EXPECT_EQ(std::ranges::count_if(
                  told, [](const std::string& line) { return line.starts_with("echo: trying "); }),
              500);
    EXPECT_THAT(ran.err, HasSubstr("echo: connected to 10.9.1.250:3490 in "));
    EXPECT_EQ(ran.out, "hello\n");
    EXPECT_EQ(ran.status, tools::exit_ok);
}

TEST(EchoConnect, DeadlineHoldsForAllOfManySilentAddresses) {
    const auto begin = net::Clock::now();
    const Ran ran =
        run_in("with_fakedns", {"/bin/sh", "-c",
                                "ip route add local 10.9.0.0/16 dev lo && SOCKBOX_FIREWALL=yes "
                                "exec " SOCKBOX_SH_TESTS "/with_firewall drop " SOCKBOX_SH_BIN
                                "/echo --json --connect-timeout 1s many.test 3490 hello"});
    if (ran.status == 77)
        GTEST_SKIP() << "no private world of names here";
    EXPECT_LT(net::Clock::now() - begin, 20s);
    const auto started = members(ran.out, "started_ns");
    ASSERT_GE(started.size(), 2U) << ran.out << ran.err;
    EXPECT_LE(started.size(), 4U);
    for (std::size_t i = 1; i < started.size(); ++i)
        EXPECT_GE(started[i] - started[i - 1], 250'000'000);
    for (std::size_t i = 0; i < started.size(); ++i)
        EXPECT_THAT(lines(ran.err).at(i), AllOf(StartsWith("echo: connect 10.9.0."),
                                                HasSubstr("Connection timed out (ETIMEDOUT)")));
    EXPECT_THAT(ran.err, HasSubstr("echo: " + std::to_string(500 - started.size()) +
                                   " more addresses were not tried within 1s\n"));
    EXPECT_EQ(ran.status, tools::exit_refused);
}

TEST(EchoConnect, AsManyConnectionsAsThereAreDescriptors) {
    EchoServer server({"-e", "epoll"});
    const auto run_with = [&](int connections) {
        return Process({"/bin/sh", "-c",
                        "ulimit -n 1000; exec " SOCKBOX_SH_BIN "/echo --json -P " +
                            std::to_string(connections) + " -c 2000 127.0.0.1 " + server.port()})
            .wait();
    };
    const Ran most = run_with(984);
    EXPECT_THAT(most.out, HasSubstr(R"("sent":2000,"received":2000,"lost":0)")) << most.err;
    EXPECT_THAT(most.out, HasSubstr(R"("errors":[])"));
    EXPECT_EQ(most.status, tools::exit_ok);
    const Ran more = run_with(985);
    EXPECT_THAT(more.err, StartsWith("echo: open 985 sockets: needs 1001 descriptors, the limit "
                                     "is 1000"));
    EXPECT_THAT(lines(more.out), testing::ElementsAre(HasSubstr("EMFILE")));
    EXPECT_EQ(more.status, tools::exit_refused);
}

// Four ports suffice for eight connections to two servers, even if the source is bound.
TEST(EchoConnect, BoundConnectionsToDifferentServersShareTheirPorts) {
    for (const Words& source : {Words{}, Words{"--source", "127.0.0.1"}}) {
        Words words{
            echod_program, echo_program, "--json",        "-P", "4", "-c", "40", "127.0.0.1",
            "3490",        "--target",   "127.0.0.2:3490"};
        words.insert(words.end(), source.begin(), source.end());
        const Ran ran = run_in("with_few_ports", words);
        if (ran.status == 77)
            GTEST_SKIP() << "no network namespaces here";
        const Words results = lines(ran.out);
        ASSERT_EQ(results.size(), 2U) << ran.out << ran.err;
        for (const std::string& result : results)
            EXPECT_THAT(result, AllOf(HasSubstr(R"("received":40)"), HasSubstr(R"("errors":[])")));
        EXPECT_EQ(ran.status, tools::exit_ok);
    }
}

}  // namespace
}  // namespace sockbox::test
