// Tests of lib/probe/lookup/connect_all.
#include "probe/lookup/connect_all.h"

#include <gtest/gtest.h>

#include "net/streams.h"
#include "tests/support.h"

namespace sockbox::probe {
namespace {

using namespace std::chrono_literals;
using net::Endpoint;
using net::Family;

TEST(ConnectAll, ReportsEachOutcomeInOrder) {
    const auto listener = net::listen_on(Endpoint::loopback(Family::ipv4)).value();
    auto closed = net::Socket::open(Family::ipv4, net::Transport::tcp).value();
    ASSERT_TRUE(closed.bind(Endpoint::loopback(Family::ipv4)));  // bound but not listening
    const std::vector<Endpoint> endpoints{*closed.local(), *listener.local()};
    const auto trials = connect_to_all(endpoints, test::patience);
    ASSERT_EQ(trials.size(), 2U);
    ASSERT_TRUE(trials[0].error);
    EXPECT_EQ(trials[0].error->code, std::errc::connection_refused);
    EXPECT_FALSE(trials[1].error);
    EXPECT_GT(trials[1].elapsed, 0ns);
    EXPECT_EQ(happy_eyeballs_choice(endpoints, trials), 1U);
}

TEST(ConnectAll, HandlesMoreThanItRunsAtOnce) {
    const auto listener = net::listen_on(Endpoint::loopback(Family::ipv4)).value();
    const std::vector<Endpoint> endpoints(150, *listener.local());
    for (const ConnectTrial& trial : connect_to_all(endpoints, test::patience))
        EXPECT_FALSE(trial.error);
    EXPECT_TRUE(connect_to_all({}, 1s).empty());
}

// The choice among 2001:db8::1, 2001:db8::2, 192.0.2.1 and 192.0.2.2 with these outcomes; a
// negative time is a failure after that time.
std::optional<std::size_t> choice(const std::vector<std::chrono::milliseconds>& outcomes) {
    const std::vector<Endpoint> endpoints{
        *Endpoint::parse("2001:db8::1"), *Endpoint::parse("2001:db8::2"),
        *Endpoint::parse("192.0.2.1"), *Endpoint::parse("192.0.2.2")};
    std::vector<ConnectTrial> trials;
    for (const auto outcome : outcomes)
        trials.push_back(outcome < 0ms ? ConnectTrial{-outcome, net::Error()}
                                       : ConnectTrial{outcome, std::nullopt});
    return happy_eyeballs_choice(endpoints, trials);
}

TEST(HappyEyeballsChoice, TheFirstHasAHeadStartOfAQuarterSecond) {
    EXPECT_EQ(choice({249ms, 1ms, 1ms, 1ms}), 0U);
    EXPECT_EQ(choice({300ms, 1ms, 10ms, 1ms}), 2U);   // the other family is next
    EXPECT_EQ(choice({255ms, 1ms, 100ms, 1ms}), 0U);  // started later and connected later
}

TEST(HappyEyeballsChoice, AFailureLetsTheNextOneStartAtOnce) {
    EXPECT_EQ(choice({-1ms, 500ms, 100ms, 1ms}), 2U);
    EXPECT_EQ(choice({-1ms, 20ms, -1ms, 1ms}), 1U);
    EXPECT_EQ(choice({-1ms, -1ms, -1ms, 7ms}), 3U);
    EXPECT_EQ(choice({-1ms, -1ms, -1ms, -1ms}), std::nullopt);
}

}  // namespace
}  // namespace sockbox::probe
