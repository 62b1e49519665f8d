// Tests of lib/probe/lookup/host_lookup.
#include "probe/lookup/host_lookup.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support.h"

namespace sockbox::probe {
namespace {

using Families = HostLookup::Families;

// Its first label is too long, so no name server is asked.
const std::string impossible = std::string(64, 'b') + ".test";

TEST(HostLookup, ANumericAddressIsAnsweredAtOnce) {
    HostLookup lookup("127.0.0.1", 7, net::Family::any, net::Transport::tcp, Families::apart);
    EXPECT_TRUE(lookup.wait(net::Clock::now()));
    const auto answers = lookup.take();
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].endpoints->front().to_string(), "127.0.0.1:7");
    EXPECT_TRUE(lookup.families_under_way().empty());
    EXPECT_TRUE(lookup.take().empty());
}

// Whatever the answers are and whenever they come, each is taken once.
TEST(HostLookup, EachFamilyIsAnsweredOnce) {
    HostLookup lookup(impossible, 7, net::Family::any, net::Transport::udp, Families::apart);
    EXPECT_EQ(lookup.families_under_way().size(), 2U);
    std::vector<net::Family> answered;
    const auto deadline = net::deadline_in(test::patience);
    while (!lookup.families_under_way().empty() && lookup.wait(deadline))
        for (const HostLookup::Answer& answer : lookup.take())
            answered.push_back(answer.family);
    std::ranges::sort(answered);
    EXPECT_EQ(answered, (std::vector{net::Family::ipv4, net::Family::ipv6}));
}

TEST(HostLookup, LocalhostIsOneLookup) {
    for (const char* host : {"localhost", "LocalHost."}) {
        HostLookup lookup(host, 7, net::Family::any, net::Transport::tcp, Families::apart);
        EXPECT_LE(lookup.families_under_way().size(), 1U);
        EXPECT_TRUE(lookup.wait(net::deadline_in(test::patience)));
    }
}

TEST(HostLookup, AStopSignalEndsTheWait) {
    auto stop = net::StopSignal::create();
    ASSERT_TRUE(stop);
    stop->raise();
    const HostLookup lookup(impossible, 7, net::Family::ipv4, net::Transport::tcp,
                            Families::together);
    (void)lookup.wait(net::no_deadline, &*stop);  // returns, answered or not
}

}  // namespace
}  // namespace sockbox::probe
