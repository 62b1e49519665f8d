// Tests of echo --find-idle through a router that forgets connections, and when it is interrupted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "paths.h"
#include "tests/json_numbers.h"
#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr int refused_world = 77;  // exit status of with_path if it may not create namespaces

// Runs echo towards an echod behind a router that tracks connections, forgets them after three
// idle seconds, and applies a rule to the packets of those that it does not know.
Process find_behind_router(const std::string& rule, const Words& words) {
    const std::string tracking = R"(ip netns exec r1 sh -c '
        echo 0 >/proc/sys/net/netfilter/nf_conntrack_tcp_loose &&
        echo 3 >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established' &&
        ip netns exec r1 nft 'add table inet t
add chain inet t f { type filter hook forward priority 0
}
add rule inet t f ct state invalid )" +
                                 rule + "'";
    const std::string tests = SOCKBOX_SOURCE_DIR "/tests/";
    const std::string bin = SOCKBOX_BIN_DIR "/";
    Words all{tests + "with_path",  bin + "udpecho", tracking,  "ip", "netns", "exec", "server",
              tests + "with_echod", bin + "echod",   "-p 3490", "ip", "netns", "exec", "here",
              bin + "echo"};
    all.insert(all.end(), words.begin(), words.end());
    return Process(all);
}

TEST(FindIdle, RouterThatForgetsConnectionsIsFound) {
    const Words words{"--find-idle=30s", "-W", "1s", "-j", "10.9.3.2", "3490"};
    Process dropping = find_behind_router("drop", words);
    Process rejecting = find_behind_router("reject with tcp reset", words);
    const Ran silence = dropping.wait();
    const Ran reset = rejecting.wait();
    for (const Ran& ran : {silence, reset}) {
        if (ran.status == refused_world)
            GTEST_SKIP() << "no namespaces or no connection tracking here: " << ran.err;
        EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
        EXPECT_NEAR(number_in(ran.out, "idle_timeout_ns"), 3e9, 0.5e9) << ran.out;
        EXPECT_LT(number_in(ran.out, "survived_ns"), 3.5e9);
        EXPECT_GE(number_in(ran.out, "ended_ns"), 2.9e9);
        EXPECT_THAT(ran.out, AllOf(HasSubstr(R"("outlived_ns":null)"),
                                   HasSubstr(R"("acknowledged":false)")));
        EXPECT_LE(number_in(ran.out, "rounds"), 3) << "one of them after an answer that came late";
    }
    EXPECT_THAT(silence.out, HasSubstr(R"("ended_by":"silence")"));
    EXPECT_THAT(reset.out, HasSubstr(R"("ended_by":"reset")"));
}

TEST(FindIdle, InterruptLeavesWhatIsKnown) {
    EchoServer server;
    for (const bool json : {false, true}) {
        Process process({"/bin/sh", "-c", "exec \"$@\" 2>&1", "sh", SOCKBOX_BIN_DIR "/echo", "-v",
                         "--find-idle", json ? "--json" : "--color=never", "127.0.0.1",
                         server.port()});
        std::string line;
        do {
            line = process.read_line();
            ASSERT_NE(line, "") << "it ended";
        } while (!line.ends_with(" of silence: survived"));
        process.send_signal(SIGINT);
        const Ran ran = process.wait();
        EXPECT_EQ(ran.status, tools::exit_ok) << ran.out;
        const std::string result = lines(ran.out).back();
        if (json)
            EXPECT_THAT(result, AllOf(HasSubstr(R"("idle_timeout_ns":null,"ended_by":null)"),
                                      HasSubstr(R"("interrupted":true)")));
        else
            EXPECT_THAT(result, AllOf(StartsWith("idle timeout to 127.0.0.1:"),
                                      HasSubstr("none up to "), HasSubstr("interrupted")));
    }
}

TEST(FindIdle, InterruptBeforeAnythingIsKnownIsAFailure) {
    std::atomic<int> asked = 0;
    const auto mute = Peer::stream([&](net::Socket& socket) {
        while (!receive_some(socket).empty())
            ++asked;
    });
    Process process({"echo", "--find-idle", "-W", "1h", "-j", "-P", "1", "127.0.0.1", mute.port()});
    const auto deadline = net::deadline_in(patience);
    while (asked == 0 && net::Clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    process.send_signal(SIGINT);
    const Ran ran = process.wait();
    EXPECT_EQ(ran.status, 128 + SIGINT);
    EXPECT_THAT(ran.out,
                AllOf(HasSubstr(R"("idle_timeout_ns":null)"), HasSubstr(R"("survived_ns":null)"),
                      HasSubstr(R"("interrupted":true)")));
}

}  // namespace
}  // namespace sockbox::test
