// Tests of measuring where Linux is needed: signals, limits, ICMP errors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <future>

#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;

TEST(MeasureProcess, InterruptEndsItWithItsSummary) {
    auto peer = Peer::stream(echo_all);
    Process process({"echo", "--json", "-c", "0", "-i", "20ms", "127.0.0.1", peer.port()});
    EXPECT_THAT(process.read_line(), HasSubstr(R"("event":"reply","seq":1,"rtt_ns":)"));
    process.send_signal(SIGINT);
    const Ran ran = process.wait();
    EXPECT_THAT(lines(ran.out).back(), HasSubstr(R"("event":"result")"));
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
}

TEST(MeasureProcess, InterruptLeavesYoungProbesPending) {
    std::promise<void> both_came;
    auto peer =
        Peer::datagram([&, number = 0](auto& socket, const auto& text, const auto& from) mutable {
            if (number++ == 0)
                (void)socket.send_to(std::as_bytes(std::span(text)), from);
            else
                both_came.set_value();
        });
    Process process(
        {"udpecho", "--json", "-c", "2", "-i", "10ms", "-W", "1h", "127.0.0.1", peer.port()});
    (void)process.read_line();
    ASSERT_EQ(both_came.get_future().wait_for(patience), std::future_status::ready);
    process.send_signal(SIGTERM);
    const Ran ran = process.wait();
    EXPECT_THAT(ran.out, HasSubstr(R"("received":1,"lost":0,"pending":1)"));
    EXPECT_EQ(ran.status, tools::exit_ok);
}

TEST(MeasureProcess, QuitAsksForAnInterimReportAndTheRunGoesOn) {
    auto peer = Peer::stream(echo_all);
    Process process({"echo", "--json", "-q", "-c", "0", "-i", "5ms", "127.0.0.1", peer.port(),
                     "--report-interval", "50ms"});
    EXPECT_THAT(process.read_line(), HasSubstr(R"("event":"interim")")) << "the handler is there";
    for (int asked = 0; asked < 2; ++asked) {
        process.send_signal(SIGQUIT);
        EXPECT_THAT(process.read_line(), HasSubstr(R"("event":"interim")"));
    }
    process.send_signal(SIGINT);
    const Ran ran = process.wait();
    EXPECT_THAT(lines(ran.out).back(), HasSubstr(R"("event":"result")"));
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
}

TEST(MeasureProcess, PageForAFullDeviceIsAFailureOfTheOutput) {
    auto peer = Peer::stream(echo_all);
    const Ran ran =
        run(tools::echo, {"-q", "-c", "1", "127.0.0.1", peer.port(), "--html", "/dev/full"});
    EXPECT_THAT(ran.err, HasSubstr("write /dev/full: No space left on device (ENOSPC)"));
    EXPECT_EQ(ran.status, tools::exit_output);
}

TEST(MeasureProcess, TooFewDescriptorsAreToldBeforeTheStart) {
    auto peer = Peer::stream(echo_all);
    Process shell({"/bin/sh", "-c",
                   "ulimit -n 32; " SOCKBOX_BIN_DIR "/echo -P 100 127.0.0.1 " + peer.port()});
    const Ran ran = shell.wait();
    EXPECT_THAT(ran.err, HasSubstr("needs 116 descriptors, the limit is 32"));
    EXPECT_EQ(ran.status, tools::exit_refused);
}

TEST(MeasureProcess, RefusedProbesAreNotWaitedFor) {
    const Ran ran = run(tools::udpecho,
                        {"--json", "-c", "3", "-i", "0", "-W", "1h", "127.0.0.1", closed_port()});
    EXPECT_THAT(ran.out, HasSubstr(R"("sent":3,"received":0,"lost":3)"));
    EXPECT_THAT(ran.out, HasSubstr("port unreachable from 127.0.0.1 (ECONNREFUSED)"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

}  // namespace
}  // namespace sockbox::test
