// Tests of echod's timers while the wall clock jumps, with every engine.
#include <gmock/gmock.h>

#include <csignal>

#include "paths.h"
#include "serve/engines/engines.h"
#include "tests/echod_client.h"

namespace sockbox::test {
namespace {

using namespace std::chrono_literals;

class EngineInStrangeTimes : public testing::TestWithParam<std::string> {
  protected:
    void SetUp() override {
#ifdef SOCKBOX_SANITIZED
        GTEST_SKIP() << "a sanitizer has its own clocks";
#endif
        const auto available = serve::find_engine(GetParam())->available();
        if (!available)
            GTEST_SKIP() << available.error().message();
    }
    Process start(Words options) const {
        options.insert(options.begin(), {"echod", "--port", "0", "--bind", "127.0.0.1", "--engine",
                                         GetParam(), "--workers", "1"});
        return Process(options, {SOCKBOX_JUMPING_CLOCK});
    }
};

INSTANTIATE_TEST_SUITE_P(Echod, EngineInStrangeTimes, testing::ValuesIn(engine_names()),
                         [](const auto& tested) { return tested.param; });

TEST(JumpingClock, GoesTwoHoursBackAndForthAndTheMonotonicOneDoesNot) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "a sanitizer wants to be loaded first";
#endif
    const Ran ran = Process({"/usr/bin/python3", "-c",
                             "from time import monotonic, time\n"
                             "print(*(round((b - a) / 3600) for a, b in ((time(), time()), "
                             "(time(), time()), (monotonic(), monotonic()))))"},
                            {SOCKBOX_JUMPING_CLOCK})
                        .wait();
    EXPECT_THAT(ran.out, testing::ContainsRegex("^-?2 -?2 0\n$"));
}

TEST_P(EngineInStrangeTimes, TheIdleTimeoutIsNeitherEarlyNorLate) {
    Process server = start({"--idle-timeout", "400ms", "--tcp"});
    auto client = connect(port_in(server.read_line()));
    expect_served(client);
    const auto begin = net::Clock::now();
    expect_end(client);
    EXPECT_GE(net::Clock::now() - begin, 350ms);
}

TEST_P(EngineInStrangeTimes, TheDrainAndTheRateOfRepliesKeepTheirTime) {
    Process server = start({"--udp-rate", "5", "--drain-timeout", "1h", "--log-format", "json"});
    const std::string port = port_in(server.read_line());
    auto client = connect(port);
    expect_served(client);
    auto socket = net::bind_datagram(net::Endpoint::loopback(net::Family::ipv4));
    ASSERT_TRUE(socket);
    for (int i = 0; i < 50; ++i)
        ASSERT_TRUE(socket->send_to({}, loopback(port)).done());
    // If it depended on a clock that jumps back and forth by an hour, the budget would be refilled
    // repeatedly.
    int answers = 0;
    while (net::wait_for(*socket, net::Direction::receive, net::deadline_in(150ms)) ==
           net::Readiness::ready) {
        std::byte unused{};
        static_cast<void>(socket->receive_from({&unused, 1}));
        ++answers;
    }
    EXPECT_GE(answers, 5);
    EXPECT_LE(answers, 15);
    server.send_signal(SIGTERM);
    expect_end(client);  // idle, and long before the hour is over
    client.close();
    EXPECT_EQ(server.wait().status, 0);
}

}  // namespace
}  // namespace sockbox::test
