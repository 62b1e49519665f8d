// Tests of when the kernel gives up a peer, with figures taken from its source and documentation.
#include "inspect/give_up.h"

#include <gtest/gtest.h>

namespace sockbox::net {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

void expect(const GiveUp& end, nanoseconds earliest, nanoseconds latest, int tries) {
    EXPECT_EQ(end.earliest, earliest);
    EXPECT_EQ(end.latest, latest);
    EXPECT_EQ(end.tries, tries);
}

TEST(GiveUp, KeepaliveCountsUnansweredProbes) {
    expect(give_up_idle({}), 7875s, 7875s, 9);  // 2 hours and 11 minutes: tcp(7)
    expect(give_up_idle({10s, 5s, 3, 0ms, 4ms}), 25s, 25s, 3);
    expect(give_up_idle({1s, 1s, 0, 0ms, 4ms}), 1s, 1s, 0);
}

// A probe is due every second after the first; the user timeout replaces their number, in both
// directions, but one probe is always sent.
TEST(GiveUp, TheUserTimeoutReplacesTheCountOfProbes) {
    expect(give_up_idle({1s, 1s, 9, 2500ms, 4ms}), 3s, 3s, 2);
    expect(give_up_idle({1s, 1s, 1, 3500ms, 4ms}), 4s, 4s, 3);
    expect(give_up_idle({3s, 1s, 9, 1000ms, 4ms}), 4s, 4s, 1);
    expect(give_up_idle({1s, 1s, 9, 2000ms, 4ms}), 2s, 2s, 1);
}

// Two timers of a second are together up to 64 ms late with a tick of 4 ms, so that a check at 2 s
// may find 2050 ms exceeded.
TEST(GiveUp, ALateProbeMayBeTheLast) {
    expect(give_up_idle({1s, 1s, 9, 2050ms, 4ms}), 2050ms, 3s, 2);
    expect(give_up_idle({1s, 1s, 9, 2065ms, 4ms}), 3s, 3s, 2);
}

Retransmission data(nanoseconds timeout, int retries,
                    std::chrono::milliseconds user_timeout = 0ms) {
    Retransmission r;
    r.first = timeout;
    r.timeout = timeout;
    r.retries = retries;
    r.user_timeout = user_timeout;
    return r;
}

// tcp_retries2 = 15 stands for 924.6 s (Documentation/networking/ip-sysctl.rst). Until then the
// timeout doubles from 408 ms to 104.4 s and is 120 s six times after that.
TEST(GiveUp, RetriesStandForATime) {
    expect(give_up_retransmitting(data(204ms, 15)), 928'692ms, 928'692ms, 15);
    // With 3 retries, 3 s: 0.4 + 0.8 + 1.6 + 3.2 s, or 0.1 + 0.2 + 0.4 + 0.8 + 1.6 s.
    expect(give_up_retransmitting(data(204ms, 3)), 6324ms, 6324ms, 4);
    expect(give_up_retransmitting(data(52ms, 3)), 3276ms, 3276ms, 5);
    expect(give_up_retransmitting(data(3s, 3)), 9s, 9s, 1);
}

// Of 924.6 s, timers that are never late take 924.4 s. Those of 2 minutes are up to 2 s late.
TEST(GiveUp, ManyTimersAreNeverAllOnTime) {
    expect(give_up_retransmitting(data(200ms, 15)), 924'800ms, 924'800ms, 15);
}

// With 4 retries, 6.2 s: the fourth timer fires at 6.12 s, or up to 352 ms later.
TEST(GiveUp, ALateTimerMayBeTheLast) {
    expect(give_up_retransmitting(data(204ms, 4)), 6404ms, 12'852ms, 5);
}

TEST(GiveUp, TheUserTimeoutCountsFromTheFirstRetransmission) {
    expect(give_up_retransmitting(data(204ms, 15, 500ms)), 704ms, 704ms, 2);
    expect(give_up_retransmitting(data(204ms, 3, 60s)), 60'204ms, 60'204ms, 8);
    expect(give_up_retransmitting(data(3s, 15, 1s)), 4s, 4s, 1);
}

TEST(GiveUp, TheTimeoutHasAMaximum) {
    Retransmission r = data(204ms, 15);
    r.max_timeout = 1s;
    // 1.4 s and 13 times 1 s, which the timers reach after 0.4 + 0.8 + 14 * 1 s, or one earlier.
    expect(give_up_retransmitting(r), 14'604ms, 15'428ms, 16);
}

TEST(GiveUp, ThinStreamsRepeatAtTheSameInterval) {
    Retransmission r = data(204ms, 2);
    r.undoubled = 6;
    expect(give_up_retransmitting(r), 7 * 204ms + 408ms, 7 * 204ms + 408ms, 7);
}

// 131 s by default, as Documentation/networking/ip-sysctl.rst has it since Linux 6.5, and 127 s
// before; tcp_syn_retries = 1 is 3 s.
TEST(GiveUp, ConnectingRepeatsTheSyn) {
    Retransmission r;
    r.first = r.timeout = r.base = 1s;
    r.since_sent = true;
    r.retries = 6;
    r.undoubled = 4;
    r.max_tries = 10;
    expect(give_up_retransmitting(r), 131s, 131s, 10);
    r.undoubled = 0;
    r.max_tries = 6;
    expect(give_up_retransmitting(r), 127s, 127s, 6);
    r.undoubled = 4;
    r.retries = 1;
    r.max_tries = 5;
    expect(give_up_retransmitting(r), 3s, 3s, 2);
    r.user_timeout = 2500ms;
    expect(give_up_retransmitting(r), 2500ms, 2500ms, 2);
    r.user_timeout = 500ms;
    expect(give_up_retransmitting(r), 1004ms, 1004ms, 1);
}

TEST(GiveUp, ALossProbeDelaysTheFirstRetransmission) {
    EXPECT_EQ(first_retransmission(204ms, 12us, 200ms, 4ms), 408ms);
    EXPECT_EQ(first_retransmission(52ms, 12us, 50ms, 4ms), 104ms);
    EXPECT_EQ(first_retransmission(300ms, 20ms, 200ms, 4ms), 540ms);
    EXPECT_EQ(first_retransmission(250ms, 100ms, 200ms, 4ms), 500ms);  // not after the timeout
    EXPECT_EQ(first_retransmission(204ms, 0us, 200ms, 4ms), 408ms);    // not known
}

}  // namespace
}  // namespace sockbox::net
