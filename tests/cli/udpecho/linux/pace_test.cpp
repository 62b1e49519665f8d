// Tests of the pace at which udpecho sends, judged by its own records.
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

// The resources used by children that have ended.
rusage used_by_children() {
    rusage used{};
    ::getrusage(RUSAGE_CHILDREN, &used);
    return used;
}

struct Timed {
    std::string out;
    double processor_s = 0;  // including startup
};

Timed measure(const std::string& port, const Words& options) {
    Words words{"udpecho", "--json", "-q", "127.0.0.1", port};
    words.insert(words.end(), options.begin(), options.end());
    const rusage before = used_by_children();
    const Ran ran = Process(words).wait();
    const rusage after = used_by_children();
    return {ran.out, seconds(after.ru_utime) + seconds(after.ru_stime) - seconds(before.ru_utime) -
                         seconds(before.ru_stime)};
}

// Slots follow the schedule from the start: a late send does not delay later ones, and a missed
// slot is reported. So the run lasts for all its slots, plus at the end the lateness and round trip
// of the last one. A busy machine may interrupt the program just then, so one of several runs has
// to meet the bound.
Timed run_without_drift(const std::string& port, const Words& options, double interval_ns) {
    double excess = 0;
    for (int run = 0; run < 30; ++run) {
        Timed ran = measure(port, options);
        const double slots = number_in(ran.out, "sent") - 1 + number_in(ran.out, "missed_slots");
        excess = number_in(ran.out, "duration_ns") - slots * interval_ns;
        EXPECT_GE(excess, 0) << ran.out;
        if (excess <=
            number_in(ran.out, "max_ns", "slip") + number_in(ran.out, "max_ns", "rtt") + 2e6)
            return ran;
    }
    ADD_FAILURE() << "too long by " << excess << " ns";
    return {};
}

TEST(UdpEchoPace, IntervalsDoNotDriftAndCostLittle) {
    auto peer = Peer::datagram(reply);
    const Timed run =
        run_without_drift(peer.port(), {"-c", "100", "-i", "10ms", "--timestamps", "user"}, 10e6);
    EXPECT_THAT(run.out, HasSubstr(R"("sent":100,"received":100,"lost":0)"));
#ifndef SOCKBOX_SANITIZED
    EXPECT_LT(run.processor_s / number_in(run.out, "duration_ns") * 1e9, 0.25) << "it spins";
#endif
}

// Below 10 ms no replies are printed; otherwise there is no minimum interval. The rate achieved is
// reported.
TEST(UdpEchoPace, AnImpossibleIntervalShowsInTheRateAndMissedSlots) {
    auto peer = Peer::datagram(reply);
    // No more datagrams than fit into the receive buffer while a slow peer is away.
    const Timed ran =
        run_without_drift(peer.port(), {"-c", "200", "-i", "100us", "--timestamps", "user"}, 100e3);
    EXPECT_THAT(ran.out, HasSubstr(R"("sent":200,"received":200,"lost":0)"));
    const double rate = number_in(ran.out, "rate_per_s");
    EXPECT_NEAR(rate, 200e9 / number_in(ran.out, "duration_ns"), 1);
    EXPECT_LE(rate, 10'100);
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

// As fast as possible, with losses or without.
TEST(UdpEchoPace, AMillionAddUpInBoundedMemory) {
    const UdpServer server({"--udp-rate", "0"});
    [[maybe_unused]] long peak[2] = {0, 0};  // KiB, of all children so far
    for (const bool all : {false, true}) {
        const int count = all ? many : many / 20;
        const Timed ran = measure(server.port(),
                                  {"-c", std::to_string(count), "--rate", "300000", "-W", "500ms"});
        peak[all ? 1 : 0] = used_by_children().ru_maxrss;
        const double sent = number_in(ran.out, "sent");
        EXPECT_EQ(sent + number_in(ran.out, "unsent"), count);
        EXPECT_EQ(sent, number_in(ran.out, "received") + number_in(ran.out, "lost") +
                            number_in(ran.out, "pending"));
        EXPECT_GE(number_in(ran.out, "lost"), number_in(ran.out, "late"));
        EXPECT_EQ(number_in(ran.out, "sent_bytes"), sent * 64);
        EXPECT_THAT(ran.out, HasSubstr(R"("corrupted":0,"foreign":0)"));
    }
#ifndef SOCKBOX_SANITIZED  // which keeps freed memory
    EXPECT_LT(peak[1], peak[0] + 4096) << "twenty times as many need no more";
#endif
}

}  // namespace
}  // namespace sockbox::test
