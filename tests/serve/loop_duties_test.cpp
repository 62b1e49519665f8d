// Tests of lib/serve/engines/loop_duties.
#include "serve/engines/loop_duties.h"

#include <gtest/gtest.h>

#include "tests/serve/test_server.h"

namespace sockbox::serve {
namespace {

using namespace std::chrono_literals;

TEST(AcceptPause, IsOverAtItsEndAndNotBefore) {
    AcceptPause pause;
    const net::Deadline now = net::Clock::now();
    EXPECT_FALSE(pause.active());
    EXPECT_FALSE(pause.is_over(now));
    EXPECT_EQ(pause.ends(), net::no_deadline);
    pause.begin(now);
    EXPECT_TRUE(pause.active());
    EXPECT_FALSE(pause.is_over(now));
    EXPECT_GT(pause.ends(), now);
    EXPECT_TRUE(pause.is_over(pause.ends()));
    pause.cancel();
    EXPECT_FALSE(pause.is_over(net::Deadline::max()));
}

class LoopDutiesTest : public testing::Test {
  protected:
    LoopDutiesTest()
        : drain_(net::StopSignal::create().value()),
          abort_(net::StopSignal::create().value()),
          service_(options_, counters_, witness_, drain_, abort_),
          duties_(service_) {}

    ServeOptions options_;
    Counters counters_;
    Witness witness_;
    net::StopSignal drain_;
    net::StopSignal abort_;
    Service service_;
    LoopDuties duties_;
};

TEST_F(LoopDutiesTest, TheTimeStandsStillWithinATurn) {
    const net::Deadline before = net::Clock::now();
    const net::Deadline now = duties_.now();
    EXPECT_GE(now, before);
    while (net::Clock::now() == now) {
    }
    EXPECT_EQ(duties_.now(), now);
    duties_.new_turn();
    EXPECT_GT(duties_.now(), now);
}

TEST_F(LoopDutiesTest, ASweepIsScheduledAheadAndRunsOnce) {
    const net::Deadline first = duties_.next_sweep();
    EXPECT_GT(first, duties_.now());
    EXPECT_EQ(duties_.next_sweep(), first);
    EXPECT_FALSE(duties_.begin_sweep());
}

// In a loop that is always busy, a sweep may fall due within a turn.
TEST_F(LoopDutiesTest, AnOverdueSweepIsNotPutOff) {
    options_.idle_timeout = 1ms;
    const net::Deadline due = duties_.next_sweep();
    while (net::Clock::now() <= due) {
    }
    duties_.new_turn();
    EXPECT_EQ(duties_.next_sweep(), due);
    duties_.new_turn();
    EXPECT_TRUE(duties_.begin_sweep());
    EXPECT_GT(duties_.next_sweep(), due);
}

TEST_F(LoopDutiesTest, TheLongestDrainHasADeadline) {
    options_.drain_timeout = std::chrono::nanoseconds::max();
    drain_.raise();
    duties_.begin_drain();
    EXPECT_LT(duties_.drain_deadline(), net::no_deadline);
}

TEST_F(LoopDutiesTest, TheDrainBeginsOnceAndSweepsAtOnce) {
    EXPECT_FALSE(duties_.is_drain_due());
    EXPECT_EQ(duties_.drain_deadline(), net::no_deadline);
    (void)duties_.next_sweep();
    drain_.raise();
    EXPECT_TRUE(duties_.is_drain_due());
    duties_.begin_drain();
    EXPECT_TRUE(duties_.draining());
    EXPECT_FALSE(duties_.is_drain_due());
    EXPECT_EQ(duties_.drain_deadline(), service_.drain_deadline());
    EXPECT_TRUE(duties_.begin_sweep());
    EXPECT_FALSE(duties_.begin_sweep());
    LoopDuties other(service_);
    other.begin_drain();
    EXPECT_EQ(other.drain_deadline(), duties_.drain_deadline());
}

}  // namespace
}  // namespace sockbox::serve
