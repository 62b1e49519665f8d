// Tests of lib/serve/faults/faults: the grammar, and the faults of streams and datagrams.
#include "serve/faults/faults.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serve/faults/datagram_faults.h"
#include "serve/faults/stream_faults.h"

namespace sockbox::serve {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Faults plan(const std::vector<std::string_view>& specs, std::uint64_t seed = 1) {
    Faults faults;
    for (const auto spec : specs) {
        const auto added = faults.add(spec);
        EXPECT_TRUE(added) << added.error().message();
    }
    faults.seed = seed;
    return faults;
}

std::string complaint(std::string_view spec) {
    Faults faults;
    const auto added = faults.add(spec);
    return added ? "" : added.error().message();
}

TEST(Faults, TheGrammar) {
    const Faults faults = plan({"delay=20ms~5ms", "drop=1%", "corrupt=0.1%", "close-after=1M",
                                "stall=500ms/10s", "throttle=1M"});
    EXPECT_EQ(faults.delay, 20ms);
    EXPECT_EQ(faults.jitter, 5ms);
    EXPECT_DOUBLE_EQ(faults.drop, 0.01);
    EXPECT_EQ(faults.close_after, 1U << 20);
    EXPECT_EQ(faults.stall_every, 10s);
    EXPECT_EQ(faults.to_text(net::Transport::udp),
              "delay=20ms~5ms, drop=1%, corrupt=0.1%, stall=500ms/10s, throttle=1M");
    EXPECT_TRUE(plan({"drop=100%"}).concern(net::Transport::udp));
    EXPECT_FALSE(plan({"drop=100%"}).concern(net::Transport::tcp));
}

TEST(Faults, NonsenseIsRefused) {
    for (const char* spec :
         {"", "delay", "delay=", "delay=-1s", "delay=20ms~", "delay=2h", "drop=101%", "drop=-1%",
          "drop=x", "close-after=0", "reset-after=-1", "stall=1s", "stall=10s/1s", "throttle=0"})
        EXPECT_NE(complaint(spec), "") << spec;
    EXPECT_THAT(complaint("lose=1%"), HasSubstr("'lose=1%'"));
    EXPECT_THAT(complaint("lose=1%"), HasSubstr("delay, drop, duplicate, reorder, corrupt, "));
    EXPECT_THAT(complaint("drop=2x"), testing::StartsWith("drop: '2x'"));
    Faults twice = plan({"drop=1%"});
    EXPECT_FALSE(twice.add("drop=2%"));
}

// Corruption of a stream does not depend on how it is split, and occurs at the requested rate.
TEST(StreamFaults, CorruptionGoesByPlace) {
    const Faults faults = plan({"corrupt=1%"}, 7);
    const net::Deadline now = net::Clock::now();
    std::vector<std::byte> whole(100'000);
    std::vector<std::byte> pieces(whole.size());
    StreamFaults(faults, 3, now).arrived(whole, now);
    StreamFaults in_pieces(faults, 3, now);
    for (std::size_t at = 0; at < pieces.size(); at += 1000)
        in_pieces.arrived(std::span(pieces).subspan(at, 1000), now);
    EXPECT_EQ(whole, pieces);
    const auto changed = std::ssize(whole) - std::ranges::count(whole, std::byte{0});
    EXPECT_GT(changed, 800);
    EXPECT_LT(changed, 1200);
    std::vector<std::byte> other(whole.size());
    StreamFaults(faults, 4, now).arrived(other, now);
    EXPECT_NE(other, whole);
}

TEST(StreamFaults, DelayStallAndThrottleLetBytesGoInTime) {
    Faults faults = plan({"delay=20ms"});
    const net::Deadline now = net::Clock::now();
    std::vector<std::byte> data(1000);
    StreamFaults delayed(faults, 1, now);
    delayed.arrived(data, now);
    delayed.arrived(data, now + 10ms);
    EXPECT_EQ(delayed.may_leave(now + 19ms), 0U);
    EXPECT_EQ(delayed.next_leave(now), now + 20ms);
    EXPECT_EQ(delayed.may_leave(now + 20ms), 1000U);
    EXPECT_EQ(delayed.may_leave(now + 30ms), 2000U);

    faults = plan({"stall=1s/10s"});
    faults.began = now;
    StreamFaults stalled(faults, 1, now);
    stalled.arrived(data, now);
    EXPECT_EQ(stalled.may_leave(now + 8s), 1000U);
    EXPECT_EQ(stalled.may_leave(now + 9500ms), 0U);
    EXPECT_EQ(stalled.next_leave(now + 9500ms), now + 10s);
    EXPECT_EQ(stalled.may_leave(now + 10s), 1000U);

    faults = plan({"throttle=1000"});
    StreamFaults throttled(faults, 1, now);
    throttled.arrived(data, now);
    std::size_t left = 0;
    net::Deadline at = now;
    while (left < 1000) {
        at = throttled.next_leave(at);
        ASSERT_LE(at, now + 2s);
        const std::size_t may = throttled.may_leave(at);
        throttled.sent(may, at);
        left += may;
    }
    EXPECT_GE(at, now + 900ms);
    EXPECT_LE(at, now + 1100ms);
}

TEST(StreamFaults, AnEndComesAfterItsBytes) {
    const Faults faults = plan({"close-after=1500"});
    const net::Deadline now = net::Clock::now();
    std::vector<std::byte> data(1000);
    StreamFaults ending(faults, 1, now);
    ending.arrived(data, now);
    ending.sent(ending.may_leave(now), now);
    EXPECT_EQ(ending.end(), StreamFaults::End::none);
    ending.arrived(data, now);
    EXPECT_EQ(ending.may_leave(now), 500U);
    ending.sent(500, now);
    EXPECT_EQ(ending.end(), StreamFaults::End::close);
    EXPECT_EQ(ending.next_leave(now), net::no_deadline);
}

// The fate of a thousand numbered datagrams, as one line.
std::string fate(const std::vector<std::string_view>& specs, std::uint64_t seed) {
    DatagramFaults faults(std::make_shared<Faults>(plan(specs, seed)));
    const net::Socket socket;
    const net::Deadline now = net::Clock::now();
    std::string out;
    DatagramFaults::Reply reply;
    for (int i = 0; i < 1000; ++i) {
        std::array<std::byte, 4> data{std::byte(i % 256), std::byte(i / 256)};
        net::BatchedDatagram datagram;
        datagram.data = data;
        if (!faults.add(socket, datagram, now + i * 1ms))
            out += "lost ";
        while (faults.take_due(now + i * 1ms, reply))
            out += fmt::format(
                "{}/{} ",
                reply.bytes.size() < 2 ? -1 : int(reply.bytes[0]) + 256 * int(reply.bytes[1]),
                reply.bytes.size());
    }
    while (faults.take_any(socket, reply))
        out += "rest ";
    return out;
}

TEST(DatagramFaults, TheSameSeedIsTheSameFate) {
    const std::vector<std::string_view> all{"drop=10%",    "duplicate=10%", "reorder=10%",
                                            "corrupt=10%", "truncate=10%",  "delay=3ms~2ms"};
    EXPECT_EQ(fate(all, 5), fate(all, 5));
    EXPECT_NE(fate(all, 5), fate(all, 6));
    std::string untouched = fate({"delay=0"}, 5);
    EXPECT_THAT(untouched, testing::StartsWith("0/4 1/4 2/4 3/4 "));
    EXPECT_THAT(fate({"drop=100%"}, 5), testing::Not(HasSubstr("/")));
    EXPECT_THAT(fate({"duplicate=100%"}, 5), testing::StartsWith("0/4 0/4 1/4 1/4 "));
    EXPECT_THAT(fate({"reorder=100%"}, 5), testing::StartsWith("1/4 0/4 3/4 2/4 "));
}

// Replies that are dropped must not delay those after them.
TEST(DatagramFaults, OnlyWhatIsSentOccupiesTheLine) {
    const net::Socket socket;
    std::vector<std::byte> data(4096);
    net::BatchedDatagram datagram;
    datagram.data = data;
    const net::Deadline now = net::Clock::now();
    DatagramFaults::Reply reply;
    DatagramFaults dropping(std::make_shared<Faults>(plan({"throttle=1M", "drop=50%"})));
    int held = 0;
    for (int i = 0; i < 100; ++i)
        held += dropping.add(socket, datagram, now) ? 1 : 0;
    while (dropping.take_any(socket, reply)) {
    }
    while (!dropping.add(socket, datagram, now)) {
    }
    EXPECT_EQ(dropping.next_due(), now + held * 3'906'250ns);
}

// The client that comes after a flood does not wait for all of it.
TEST(DatagramFaults, NoReplyWaitsLongerThanASecondForTheLine) {
    const net::Socket socket;
    std::vector<std::byte> data(1024);
    net::BatchedDatagram datagram;
    datagram.data = data;
    for (const auto& specs :
         {std::vector<std::string_view>{"throttle=100K"}, {"throttle=100K", "duplicate=100%"}}) {
        DatagramFaults faults(std::make_shared<Faults>(plan(specs)));
        const net::Deadline now = net::Clock::now();
        for (int i = 0; i < 1000; ++i)
            faults.add(socket, datagram, now);
        DatagramFaults::Reply reply;
        int sent = 0;
        for (; faults.next_due() <= now + 1s; ++sent)
            ASSERT_TRUE(faults.take_due(now + 1s, reply));
        EXPECT_EQ(sent, 101) << "what leaves within a second, and at its end";
        EXPECT_EQ(faults.next_due(), net::no_deadline);
        ASSERT_TRUE(faults.add(socket, datagram, now + 1s));
        EXPECT_LE(faults.next_due(), now + 1s + 10ms);
    }
}

// Jitter alone is no queue.
TEST(DatagramFaults, ADelayedReplyDoesNotCountAsWaitingForTheLine) {
    DatagramFaults faults(std::make_shared<Faults>(plan({"throttle=1M", "delay=10s~10s"})));
    const net::Socket socket;
    net::BatchedDatagram datagram;
    for (int i = 0; i < 100; ++i)
        EXPECT_TRUE(faults.add(socket, datagram, net::Clock::now()));
}

TEST(DatagramFaults, WhatItHoldsIsBounded) {
    DatagramFaults faults(std::make_shared<Faults>(plan({"delay=1h"})));
    const net::Socket socket;
    std::vector<std::byte> data(64 * 1024);
    net::BatchedDatagram datagram;
    datagram.data = data;
    int held = 0;
    for (int i = 0; i < 1000; ++i)
        held += faults.add(socket, datagram, net::Clock::now()) ? 1 : 0;
    EXPECT_EQ(held, 256);
}

}  // namespace
}  // namespace sockbox::serve
