// Tests of lib/probe/happy_eyeballs.
#include "probe/happy_eyeballs.h"

#include <gtest/gtest.h>

#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::probe {
namespace {

using namespace std::chrono_literals;

net::Endpoint address(const char* text, std::uint16_t port = 7) {
    return *net::Endpoint::parse(text, port);
}

// A listener with a full backlog: further connection attempts get no answer.
class BlackHole {
  public:
    BlackHole() {
        for (int i = 0; i < 8; ++i) {
            auto socket = net::start_connect(endpoint());
            if (socket)
                fillers_.push_back(std::move(*socket));
        }
    }
    net::Endpoint endpoint() const { return *listener_.local(); }

  private:
    net::Socket listener_ =
        *net::listen_on(net::Endpoint::loopback(net::Family::ipv4), {.backlog = 0, .prepare = {}});
    std::vector<net::Socket> fillers_;
};

RaceOptions patient_options() {
    RaceOptions options;
    options.connect.deadline = net::deadline_in(test::patience);
    return options;
}

TEST(HappyEyeballs, FamiliesTakeTurnsInTheOrderGiven) {
    const std::vector<net::Endpoint> given{address("::1"), address("::2"), address("127.0.0.1"),
                                           address("::3")};
    const std::vector<net::Endpoint> wanted{address("::1"), address("127.0.0.1"), address("::2"),
                                            address("::3")};
    EXPECT_EQ(interleave_families(given), wanted);
    EXPECT_TRUE(interleave_families({}).empty());
}

TEST(HappyEyeballs, RefusedAddressIsPassedWithoutTheDelay) {
    auto peer = test::Peer::stream(test::echo_all);
    const auto port = static_cast<std::uint16_t>(std::stoi(test::closed_port()));
    const auto refused = net::Endpoint::loopback(net::Family::ipv4, port);
    const auto other_family = net::Endpoint::loopback(net::Family::ipv6, port);
    auto options = patient_options();
    options.delays.attempt = std::chrono::hours(1);
    const std::vector<net::Endpoint> endpoints{refused, peer.endpoint(), other_family};
    const auto race = race_to_connect(endpoints, options);
    ASSERT_TRUE(race.socket);
    ASSERT_EQ(race.attempts.size(), 3U);
    EXPECT_EQ(race.attempts[0].error.code, std::errc::connection_refused);
    EXPECT_EQ(race.attempts[1].endpoint, other_family);
    EXPECT_TRUE(race.attempts[1].error.code);
    EXPECT_EQ(race.winner()->endpoint, peer.endpoint());
    EXPECT_GE(race.attempts[1].started - race.attempts[0].started, options.delays.min_attempt);
    EXPECT_EQ(*race.socket->peer(), peer.endpoint());
}

TEST(HappyEyeballs, SilentAddressIsPassedAfterTheDelay) {
    const BlackHole silent;
    auto peer = test::Peer::stream(test::echo_all);
    const std::vector<net::Endpoint> endpoints{silent.endpoint(), peer.endpoint()};
    const auto race = race_to_connect(endpoints, patient_options());
    ASSERT_TRUE(race.socket);
    if (race.attempts.size() == 1)
        GTEST_SKIP() << "this kernel takes connections beyond the backlog";
    EXPECT_EQ(race.attempts[0].state, Attempt::State::abandoned);
    EXPECT_EQ(race.attempts[1].state, Attempt::State::connected);
    EXPECT_GE(race.attempts[1].started, 250ms);
}

TEST(HappyEyeballs, DeadlineEndsAllThatIsUnderWay) {
    const BlackHole silent;
    RaceOptions options;
    options.delays.attempt = 10ms;
    options.max_at_once = 5;
    options.connect.deadline = net::deadline_in(200ms);
    const std::vector<net::Endpoint> endpoints(500, silent.endpoint());
    const auto race = race_to_connect(endpoints, options);
    if (race.socket)
        GTEST_SKIP() << "this kernel takes connections beyond the backlog";
    EXPECT_LE(race.attempts.size(), options.max_at_once);
    ASSERT_FALSE(race.attempts.empty());
    for (const Attempt& attempt : race.attempts)
        EXPECT_EQ(attempt.error.code, std::errc::timed_out);
}

// So there is always an address with a reason why it was not reached.
TEST(HappyEyeballs, WithoutTimeTheFirstAddressIsStillTried) {
    const BlackHole silent;
    RaceOptions options;
    options.connect.deadline = net::Clock::now() - 1s;
    const std::vector<net::Endpoint> endpoints(3, silent.endpoint());
    const auto race = race_to_connect(endpoints, options);
    EXPECT_FALSE(race.socket);
    ASSERT_EQ(race.attempts.size(), 1U);
    EXPECT_EQ(race.attempts[0].error.code, std::errc::timed_out);
}

TEST(HappyEyeballs, StopSignalEndsTheRace) {
    auto stop = net::StopSignal::create();
    stop->raise();
    auto options = patient_options();
    options.connect.stop = &*stop;
    const std::vector<net::Endpoint> endpoints{address("127.0.0.1")};
    EXPECT_FALSE(race_to_connect(endpoints, options).socket);
}

TEST(HappyEyeballs, SourceOfTheWrongFamilyIsAnErrorOfTheAttempt) {
    auto options = patient_options();
    options.connect.source = address("::1", 0);
    const std::vector<net::Endpoint> endpoints{address("127.0.0.1")};
    const auto race = race_to_connect(endpoints, options);
    ASSERT_EQ(race.attempts.size(), 1U);
    EXPECT_TRUE(race.attempts[0].error.code);
}

}  // namespace
}  // namespace sockbox::probe
