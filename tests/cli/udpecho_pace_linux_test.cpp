// Tests of the pace at which udpecho sends, judged by its own records, so that a busy machine is no
// excuse and no failure.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/json_numbers.h"
#include "tests/peer.h"
#include "tests/udp_server.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;

void reply(net::Socket& socket, std::string_view text, const net::Endpoint& to) {
    (void)socket.send_to(std::as_bytes(std::span(text)), to);
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// What the children that have ended have used.
rusage used_by_children() {
    rusage used{};
    ::getrusage(RUSAGE_CHILDREN, &used);
    return used;
}

Ran measure(const std::string& port, const Words& options) {
    Words words{"udpecho", "--json", "-q", "127.0.0.1", port};
    words.insert(words.end(), options.begin(), options.end());
    return Process(words).wait();
}

// The slots are those of the schedule from the start on: late sends delay no later ones, and a slot
// that was missed is told of. So the run takes all its slots, and at its end only the lateness and
// the round trip of the last.
void expect_no_drift(const std::string& json, double interval_ns) {
    const double slots = number_in(json, "sent") - 1 + number_in(json, "missed_slots");
    const double least = slots * interval_ns;
    const double most = least + number_in(json, "max_ns", "slip") +
                        number_in(json, "max_ns", "rtt") + number_in(json, "own_stack_mean_ns") +
                        2e6;
    EXPECT_GE(number_in(json, "duration_ns"), least) << json;
    EXPECT_LE(number_in(json, "duration_ns"), most) << json;
}

TEST(UdpEchoPace, IntervalsDoNotDriftAndCostLittle) {
    auto peer = Peer::datagram(reply);
    const rusage before = used_by_children();
    const Ran ran = measure(peer.port(), {"-c", "100", "-i", "10ms"});
    const rusage after = used_by_children();
    EXPECT_THAT(ran.out, HasSubstr(R"("sent":100,"received":100,"lost":0)"));
    expect_no_drift(ran.out, 10e6);
#ifndef SOCKBOX_SANITIZED
    const double used = seconds(after.ru_utime) + seconds(after.ru_stime) -
                        seconds(before.ru_utime) - seconds(before.ru_stime);
    EXPECT_LT(used / number_in(ran.out, "duration_ns") * 1e9, 0.05) << "of one processor";
#endif
}

// Below 10 ms no reply is printed; else there is no shortest interval. What it came to is told.
TEST(UdpEchoPace, AnIntervalTooShortToKeepIsToldByRateAndMissedSlots) {
    auto peer = Peer::datagram(reply);
    const Ran ran = measure(peer.port(), {"-c", "2000", "-i", "100us"});
    EXPECT_THAT(ran.out, HasSubstr(R"("sent":2000,"received":2000,"lost":0)"));
    expect_no_drift(ran.out, 100e3);
    const double rate = number_in(ran.out, "rate_per_s");
    EXPECT_NEAR(rate, 2000e9 / number_in(ran.out, "duration_ns"), 1);
    EXPECT_LE(rate, 10'010);
    const Ran text =
        Process({"udpecho", "-c", "20", "-i", "100us", "127.0.0.1", peer.port()}).wait();
    EXPECT_THAT(text.out, testing::StartsWith("--- ")) << "no line for each reply";
    EXPECT_THAT(text.out, HasSubstr(" messages/s"));
}

#if defined(NDEBUG) && !defined(SOCKBOX_SANITIZED)
constexpr int many = 1'000'000;
#else
constexpr int many = 100'000;
#endif

// As fast as it goes, with a loss or without.
TEST(UdpEchoPace, AMillionAddUpInBoundedMemory) {
    const UdpServer server({"--udp-rate", "0"});
    long peak[2] = {0, 0};  // in KiB, of all children so far
    for (const bool all : {false, true}) {
        const int count = all ? many : many / 20;
        const Ran ran = measure(server.port(),
                                {"-c", std::to_string(count), "--rate", "300000", "-W", "100ms"});
        peak[all ? 1 : 0] = used_by_children().ru_maxrss;
        const double sent = number_in(ran.out, "sent");
        EXPECT_EQ(sent + number_in(ran.out, "unsent"), count);
        EXPECT_EQ(sent, number_in(ran.out, "received") + number_in(ran.out, "lost") +
                            number_in(ran.out, "pending"));
        EXPECT_GE(number_in(ran.out, "lost"), number_in(ran.out, "late"));
        EXPECT_EQ(number_in(ran.out, "sent_bytes"), sent * 64);
        EXPECT_THAT(ran.out, HasSubstr(R"("corrupted":0,"foreign":0)"));
    }
    EXPECT_LT(peak[1], peak[0] + 4096) << "twenty times as many need no more";
}

}  // namespace
}  // namespace sockbox::test
