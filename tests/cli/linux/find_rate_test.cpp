// Tests of --find-rate, against a server whose rate is known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/json_numbers.h"
#include "tests/support.h"
#include "tools/multicall.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;

// 1024 messages of 64 bytes a second.
const Words throttled{"-e", "epoll", "--fault", "throttle=64K"};
constexpr double served_per_s = 1024;

// At a rate that is a part of `beyond` too high, half of the messages wait for beyond * 1 s or
// more.
TEST(FindRate, FindsWhatTheServerCanDoWithinFivePercent) {
    const EchoServer server(throttled);
    Process process({"echo", "-j", "--find-rate", "700-1400", "-t", "2", "--assert", "p50<25ms",
                     "127.0.0.1", server.port()});
    const Ran ran = process.wait();
    ASSERT_EQ(lines(ran.out).size(), 1U) << ran.out;
    if (ran.out.find(R"("client_late":true)") != std::string::npos)
        GTEST_SKIP() << "this machine is too busy: the client reports that it was late";
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.out << ran.err;
    EXPECT_NEAR(number_in(ran.out, "found_rate_per_s"), served_per_s, served_per_s * 0.05)
        << ran.out;
    EXPECT_THAT(ran.out, HasSubstr(R"("confirmed":true,"limited_by":"assertion","steps":[{)"));
    EXPECT_THAT(ran.out,
                HasSubstr(R"({"rate_per_s":700.0,"kept":true,"client_late":false,"asserts":)"
                          R"([{"expression":"p50<25ms","value":)"));
    EXPECT_NEAR(number_in(ran.out, "rate_per_s"), served_per_s, served_per_s * 0.05)
        << "the other members are those of the last run at that rate";
}

TEST(FindRate, PrintsEachStepAndTheAnswer) {
    const EchoServer server;
    for (const char* tool : {"echo", "udpecho"}) {
        Process process({tool, "--find-rate", "20-40", "-t", "200ms", "--assert", "loss<1%",
                         "127.0.0.1", server.port()});
        const Ran ran = process.wait();
        EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
        const Words text = lines(ran.out);
        ASSERT_GT(text.size(), 4U) << ran.out;
        EXPECT_EQ(text[0], "        20/s  kept         loss<1% (0%)");
        EXPECT_EQ(text[1], "        40/s  kept         loss<1% (0%)");
        EXPECT_EQ(text[2], "        40/s  kept         loss<1% (0%)");
        EXPECT_EQ(text.back(), "highest rate = 40/s, the highest that was tried");
    }
}

TEST(FindRate, NoRateIsAFailure) {
    const EchoServer server;
    Process process({"udpecho", "-j", "--find-rate=20-40", "-c", "2", "--assert", "p50<1ns",
                     "127.0.0.1", server.port()});
    const Ran ran = process.wait();
    EXPECT_EQ(ran.status, tools::exit_mismatch) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr(R"("found_rate_per_s":null,"confirmed":false)"));
}

TEST(FindRate, InterruptedItPrintsWhatIsKnown) {
    const EchoServer server;
    Process process({"echo", "--find-rate", "20-20000", "-t", "100ms", "--assert", "loss<100%",
                     "127.0.0.1", server.port()});
    EXPECT_THAT(process.read_line(), HasSubstr("20/s  kept"));
    process.send_signal(SIGINT);
    const Ran ran = process.wait();
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("/s, not confirmed, the search was interrupted\n"));
}

TEST(FindRate, InterruptedInTheFirstRunItPrintsThatRun) {
    const EchoServer server;
    Process process({"echo", "--json", "--find-rate", "-t", "60s", "--report-interval", "20ms",
                     "--assert", "loss<100%", "127.0.0.1", server.port()});
    while (process.read_line().find(R"("received":0,)") != std::string::npos) {
    }
    process.send_signal(SIGINT);
    const Ran ran = process.wait();
    EXPECT_EQ(ran.status, tools::exit_mismatch) << ran.err;
    EXPECT_THAT(
        lines(ran.out).back(),
        AllOf(HasSubstr(R"("event":"result")"), Not(HasSubstr(R"("sent":0,)")),
              HasSubstr(R"("found_rate_per_s":null)"), HasSubstr(R"("limited_by":"interrupt")")));
}

TEST(FindRate, ContradictionsAreRefused) {
    const auto complaint = [](Words words) {
        words.insert(words.end(), {"127.0.0.1", "7"});
        const Ran ran = run(tools::echo, words);
        EXPECT_EQ(ran.status, tools::exit_usage);
        return lines(ran.err).front();
    };
    EXPECT_EQ(complaint({"--find-rate"}), "echo: --find-rate needs at least one --assert");
    const auto with = [&](const Words& more) {
        Words words{"--find-rate", "--assert", "p50<1s"};
        words.insert(words.end(), more.begin(), more.end());
        return complaint(words);
    };
    EXPECT_EQ(with({"--rate", "5"}), "echo: --find-rate and --rate are mutually exclusive");
    EXPECT_EQ(with({"-i", "5"}), "echo: --find-rate and --interval are mutually exclusive");
    EXPECT_EQ(with({"--source-port", "5000"}),
              "echo: --find-rate and --source-port are mutually exclusive");
    EXPECT_EQ(with({"--skip-self"}), "echo: --find-rate and --skip-self are mutually exclusive");
    EXPECT_EQ(with({"-c", "0"}), "echo: --find-rate and -c 0 are mutually exclusive");
    EXPECT_EQ(with({"--target", "127.0.0.1:8"}), "echo: --find-rate measures one server");
    EXPECT_EQ(with({"--find-rate=5-1"}),
              "echo: --find-rate: '1' is out of range: expected 5 to 100000000");
    EXPECT_EQ(with({"--find-rate=1-100000000"}),
              "echo: --find-rate: '1-100000000' is too wide: HIGH may be a million times LOW");
    EXPECT_EQ(with({"--find-rate=fast"}),
              "echo: --find-rate: 'fast' is not a range of rates, such as 100-5000");
}

}  // namespace
}  // namespace sockbox::test
