// Tests of --load: the steps, the result and the contradictions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/streams.h"
#include "tests/json_numbers.h"
#include "tests/peer.h"
#include "tests/udp_server.h"
#include "text/units.h"
#include "tools/multicall.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Load, EachClientMeasuresIdleLoadedAndIdle) {
    const EchoServer server;
    for (const tools::Run tool : {tools::echo, tools::udpecho}) {
        const Ran ran =
            run(tool, {"-j", "--load", "2", "-c", "20", "-i", "5ms", "127.0.0.1", server.port()});
        EXPECT_EQ(ran.status, tools::exit_ok) << ran.out << ran.err;
        ASSERT_EQ(lines(ran.out).size(), 1U) << ran.out;
        for (const char* part : {"idle", "loaded", "idle_after"})
            EXPECT_EQ(number_in(ran.out, "sent", part), 20) << part << ran.out;
        EXPECT_GT(number_in(ran.out, "load_bytes_per_s"), 0) << ran.out;
        EXPECT_GT(number_in(ran.out, "round_trips_per_minute"), 0) << ran.out;
        EXPECT_EQ(number_in(ran.out, "load_flows"), 2) << ran.out;
        EXPECT_EQ(number_in(ran.out, "load_broken"), 0) << ran.out;
        EXPECT_NEAR(number_in(ran.out, "p50_ns", "added"),
                    number_in(ran.out, "p50_ns", "loaded") - number_in(ran.out, "p50_ns", "idle"),
                    1);
    }
}

TEST(Load, AssertionsApplyUnderLoad) {
    const EchoServer server;
    const Ran ran = run(tools::echo, {"--load", "1", "-c", "5", "-i", "1ms", "--assert", "p50<1ns",
                                      "127.0.0.1", server.port()});
    EXPECT_EQ(ran.status, tools::exit_mismatch) << ran.out << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("assert p50<1ns: BROKEN"));
    EXPECT_THAT(ran.out, Not(HasSubstr("seq="))) << "the replies of three runs are not listed";
    EXPECT_THAT(ran.out, HasSubstr("\nidle after "));
    EXPECT_THAT(ran.out, HasSubstr("\nload: 1 TCP flow, "));
}

TEST(Load, NothingIsComparedWithNoReplyAtAll) {
    auto silent = net::listen_on(net::Endpoint::loopback(net::Family::ipv4));
    ASSERT_TRUE(silent);
    const Ran ran = run(tools::echo, {"--load", "2", "-c", "2", "-W", "100ms", "127.0.0.1",
                                      std::to_string(silent->local()->port())});
    EXPECT_EQ(ran.status, tools::exit_mismatch) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("0 received"));
    EXPECT_THAT(ran.out, Not(HasSubstr("latency under load")));
    EXPECT_THAT(ran.err, HasSubstr("echo: no load, because nothing came back on the idle path"));
    const Ran judged =
        run(tools::echo, {"--load", "2", "-c", "2", "-W", "100ms", "--assert", "loss<=100%",
                          "127.0.0.1", std::to_string(silent->local()->port())});
    EXPECT_EQ(judged.status, tools::exit_mismatch) << judged.out;
}

TEST(Load, AServerWithoutTcpIsNamed) {
    const UdpServer server({"-p", closed_port()});
    const Ran ran = run(tools::udpecho, {"--load", "1", "-c", "1", "127.0.0.1", server.port()});
    EXPECT_EQ(ran.status, tools::exit_refused) << ran.out;
    EXPECT_THAT(ran.err, HasSubstr("udpecho: connect 127.0.0.1:" + server.port()));
    EXPECT_THAT(ran.err,
                HasSubstr("the load needs a TCP echo server on the same address and port"));
}

TEST(Load, FlowsThatCarryNothingAreAFailure) {
    // One whose TCP port no other test has at this time.
    const UdpServer server({"-p", closed_port()});
    auto silent =
        net::listen_on(net::Endpoint::loopback(net::Family::ipv4, *net::parse_port(server.port())));
    ASSERT_TRUE(silent) << silent.error().message();
    const Ran ran =
        run(tools::udpecho, {"-j", "--load", "2", "-c", "1", "127.0.0.1", server.port()});
    EXPECT_EQ(ran.status, tools::exit_refused) << ran.out;
    EXPECT_THAT(ran.err, HasSubstr("udpecho: load the path to 127.0.0.1:" + server.port() +
                                   ": nothing came back on any flow"));
}

TEST(Load, ContradictionsAreRefused) {
    const auto complaint = [](Words words) {
        words.insert(words.begin(), {"--load", "2"});
        words.insert(words.end(), {"127.0.0.1", "7"});
        const Ran ran = run(tools::echo, words);
        EXPECT_EQ(ran.status, tools::exit_usage);
        return lines(ran.err).front();
    };
    EXPECT_EQ(complaint({"--load", "0"}), "echo: --load: '0' is out of range: expected 1 to 1024");
    EXPECT_EQ(complaint({"-c", "0"}), "echo: --load and -c 0 are mutually exclusive");
    EXPECT_EQ(complaint({"--source-port", "5000"}),
              "echo: --load and --source-port are mutually exclusive");
    EXPECT_EQ(complaint({"--find-rate", "--assert", "p50<1s"}),
              "echo: --load and --find-rate are mutually exclusive");
    EXPECT_EQ(complaint({"--find-idle"}), "echo: --find-idle and --load are mutually exclusive");
    EXPECT_EQ(complaint({"--skip-self"}), "echo: --load and --skip-self are mutually exclusive");
    EXPECT_EQ(complaint({"--target", "127.0.0.1:8"}), "echo: --load measures one server");
    EXPECT_EQ(complaint({"--metrics", "0"}), "echo: --load and --metrics are mutually exclusive");
    for (const char* option : {"--load=1", "--find-rate", "--skip-self"})
        EXPECT_EQ(run(tools::udpecho, {"--listen", option}).status, tools::exit_usage) << option;
}

}  // namespace
}  // namespace sockbox::test
