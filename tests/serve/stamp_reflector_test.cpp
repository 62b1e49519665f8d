// Tests of lib/serve/datagrams/stamp_reflector.
#include "serve/datagrams/stamp_reflector.h"

#include <gtest/gtest.h>

#include <vector>

namespace sockbox::serve {
namespace {

namespace stamp = net::stamp;
using namespace std::chrono_literals;

struct Packet {
    explicit Packet(std::uint32_t sequence, std::uint16_t port = 40000, std::size_t size = 44)
        : bytes(size) {
        if (size >= stamp::packet_bytes)
            stamp::write(stamp::SenderPacket{sequence, 0x0102030405060708, 0x8102, 0}, bytes);
        datagram.data = bytes;
        datagram.peer = net::Endpoint::loopback(net::Family::ipv4, port);
        datagram.hop_limit = 17;
    }
    std::vector<std::byte> bytes;
    net::BatchedDatagram datagram;
};

stamp::Answer answer_to(StampReflector& reflector, Packet packet) {
    EXPECT_TRUE(reflector.reflect(packet.datagram));
    return stamp::read_answer(packet.bytes).value_or(stamp::Answer());
}

TEST(StampReflector, WithoutStateRepeatsTheNumber) {
    StampReflector reflector({});
    for (const std::uint32_t number : {7U, 7U, 0xffff'ffffU}) {
        const auto answer = answer_to(reflector, Packet(number));
        EXPECT_EQ(answer.sequence, number);
        EXPECT_EQ(answer.question.sequence, number);
        EXPECT_EQ(answer.question.time, 0x0102030405060708U);
        EXPECT_EQ(answer.question.error, 0x8102);
        EXPECT_EQ(answer.hop_limit, 17);
        EXPECT_LE(answer.received, answer.time);
    }
}

TEST(StampReflector, WithStateCountsEachSession) {
    StampReflector reflector({true, stamp::Format::ntp});
    EXPECT_EQ(answer_to(reflector, Packet(7)).sequence, 0U);
    EXPECT_EQ(answer_to(reflector, Packet(9)).sequence, 1U);
    EXPECT_EQ(answer_to(reflector, Packet(0, 40001)).sequence, 0U);
    EXPECT_EQ(answer_to(reflector, Packet(9)).sequence, 2U);
}

TEST(StampReflector, SessionsAreBounded) {
    StampReflector reflector({true, stamp::Format::ntp});
    for (std::size_t i = 0; i < StampReflector::max_sessions + 100; ++i) {
        Packet packet(0, static_cast<std::uint16_t>(1024 + i % 60000));
        stamp::write(stamp::SenderPacket{0, 0, 0, static_cast<std::uint16_t>(i / 60000)},
                     packet.bytes);
        EXPECT_TRUE(reflector.reflect(packet.datagram));
    }
}

TEST(StampReflector, TheErrorEstimateContainsTheFormat) {
    StampReflector ptp({false, stamp::Format::ptp});
    const auto answer = answer_to(ptp, Packet(1));
    EXPECT_EQ(stamp::decode_error(answer.error).format, stamp::Format::ptp);
    EXPECT_NE(answer.error & 0xff, 0);
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto told = stamp::decode_time(answer.time, stamp::Format::ptp, now);
    EXPECT_LT(std::chrono::abs(now - told), 60s);
}

TEST(StampReflector, AnswersNeverGrowAndShortOnesGetNone) {
    StampReflector reflector({});
    for (std::size_t size = 0; size < stamp::packet_bytes; ++size) {
        Packet packet(1, 40000, size);
        EXPECT_FALSE(reflector.reflect(packet.datagram)) << size;
    }
    for (const std::size_t size : {44U, 45U, 47U, 48U, 100U, 65507U}) {
        Packet packet(1, 40000, size);
        EXPECT_TRUE(reflector.reflect(packet.datagram));
        EXPECT_EQ(packet.datagram.data.size(), size);
    }
}

TEST(StampReflector, AClockSetMeanwhileDoesNotTurnTimeRound) {
    StampReflector reflector({});
    Packet packet(1);
    packet.datagram.arrived = std::chrono::system_clock::now().time_since_epoch() + 1h;
    const auto answer = answer_to(reflector, std::move(packet));
    EXPECT_LE(answer.received, answer.time);
}

}  // namespace
}  // namespace sockbox::serve
