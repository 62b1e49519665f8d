// Tests of lib/stats/outages.
#include "stats/outages.h"

#include <gtest/gtest.h>

namespace sockbox::stats {
namespace {

using namespace std::chrono_literals;

TEST(Outages, BeforeAnythingTheServerIsNotUp) {
    const Outages outages;
    EXPECT_FALSE(outages.is_up());
    EXPECT_FALSE(outages.last_reply());
    EXPECT_EQ(outages.longest(5s), 0ns);
}

TEST(Outages, LastFromTheFirstMissedMessageToTheNextReply) {
    Outages outages;
    outages.answered(1s);
    EXPECT_TRUE(outages.is_up());
    outages.missed(3s);
    outages.missed(4s);
    EXPECT_FALSE(outages.is_up());
    EXPECT_EQ(outages.longest(5s), 2s) << "it goes on";
    outages.answered(9s);
    EXPECT_TRUE(outages.is_up());
    EXPECT_EQ(outages.last_reply(), 9s);
    EXPECT_EQ(outages.longest(100s), 6s);
    outages.missed(20s);
    outages.answered(21s);
    EXPECT_EQ(outages.longest(100s), 6s);
}

TEST(Outages, OneLossAmongRepliesIsNone) {
    Outages outages;
    outages.answered(2s);
    outages.missed(1s);  // decided after a later message was answered
    EXPECT_TRUE(outages.is_up());
    EXPECT_EQ(outages.longest(10s), 0ns);
}

TEST(Outages, AServerThatNeverAnsweredIsDownFromTheStart) {
    Outages outages;
    outages.missed(0s);
    outages.missed(5s);
    EXPECT_FALSE(outages.is_up());
    EXPECT_EQ(outages.down_since(), 0s);
    EXPECT_EQ(outages.longest(7s), 7s);
}

TEST(Outages, ThreadsAddUpToOneServer) {
    Outages one;
    one.answered(1s);
    one.missed(2s);
    Outages other;
    other.answered(4s);
    Outages both = one;
    both.merge(other);
    EXPECT_TRUE(both.is_up()) << "the other thread has had a reply since";
    other.missed(5s);
    both = one;
    both.merge(other);
    EXPECT_FALSE(both.is_up());
    EXPECT_EQ(both.down_since(), 5s);
    EXPECT_EQ(both.last_reply(), 4s);
}

}  // namespace
}  // namespace sockbox::stats
