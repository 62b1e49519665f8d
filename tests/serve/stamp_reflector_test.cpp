// Tests of lib/serve/datagrams/stamp_reflector.
#include "serve/datagrams/stamp_reflector.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace sockbox::serve {
namespace {

namespace stamp = net::stamp;
using namespace std::chrono_literals;

struct Packet {
    explicit Packet(std::uint32_t sequence, std::uint16_t port = 40000, std::size_t size = 44)
        : bytes(std::max(size, stamp::packet_bytes)) {
        stamp::write(stamp::SenderPacket{sequence, 0x0102030405060708, 0x8102, 0}, bytes);
        datagram.data = std::span(bytes).first(size);
        datagram.room = bytes.size();
        datagram.peer = net::Endpoint::loopback(net::Family::ipv4, port);
        datagram.hop_limit = 17;
    }
    std::vector<std::byte> bytes;
    net::BatchedDatagram datagram;
};

stamp::Answer answer_to(StampReflector& reflector, Packet packet) {
    EXPECT_EQ(reflector.reflect(packet.datagram), Made::answer);
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
        EXPECT_EQ(reflector.reflect(packet.datagram), Made::answer);
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

// Whatever follows the session identifier of a TWAMP Light packet is padding.
Packet padded(std::uint32_t sequence, std::uint16_t session) {
    Packet packet(sequence);
    stamp::write(stamp::SenderPacket{sequence, 0, 0, session}, packet.bytes);
    packet.bytes[16 + session % 28] = std::byte{1};
    return packet;
}

TEST(StampReflector, PaddingIsNoSessionIdentifier) {
    StampReflector reflector({true, stamp::Format::ntp});
    for (std::uint16_t i = 0; i < 100; ++i) {
        const auto answer = answer_to(reflector, padded(0, i));
        EXPECT_EQ(answer.sequence, i);
        EXPECT_EQ(answer.session, 0);
    }
}

TEST(StampReflector, PaddingHasNoExtensions) {
    StampReflector reflector({});
    Packet packet(1, 40000, 100);
    std::ranges::fill(std::span(packet.bytes).subspan(14), std::byte{4});
    EXPECT_EQ(reflector.reflect(packet.datagram), Made::answer);
    EXPECT_FALSE(packet.datagram.traffic_class);
    EXPECT_EQ(packet.bytes[44], std::byte{4});
}

TEST(StampReflector, ANewSessionTakesThePlaceOfTheOneThatWasIdleLongest) {
    StampReflector reflector({true, stamp::Format::ntp});
    const auto packet_of = [](std::size_t session) {
        return Packet(0, static_cast<std::uint16_t>(1024 + session));
    };
    EXPECT_EQ(answer_to(reflector, packet_of(0)).sequence, 0U);
    for (std::size_t i = 0; i < StampReflector::max_sessions; ++i) {
        Packet other(0, 1000);
        stamp::write(stamp::SenderPacket{0, 0, 0, static_cast<std::uint16_t>(i)}, other.bytes);
        EXPECT_EQ(answer_to(reflector, std::move(other)).sequence, 0U);
        if (i == StampReflector::max_sessions / 2) {
            EXPECT_EQ(answer_to(reflector, packet_of(0)).sequence, 1U);
        }
    }
    for (std::size_t i = 0; i < 100; ++i)
        for (std::uint32_t number = i == 0 ? 2 : 0; number < 3; ++number)
            EXPECT_EQ(answer_to(reflector, packet_of(i)).sequence, number) << i;
}

TEST(StampReflector, AnIdleSessionIsForgotten) {
    StampReflector reflector({true, stamp::Format::ntp});
    const net::Deadline begin = net::Clock::now();
    const auto number_at = [&](net::Deadline now) {
        Packet packet(0);
        EXPECT_EQ(reflector.reflect(packet.datagram, now), Made::answer);
        return stamp::read_answer(packet.bytes)->sequence;
    };
    EXPECT_EQ(number_at(begin), 0U);
    EXPECT_EQ(number_at(begin + StampReflector::session_lasts - 1s), 1U);
    EXPECT_EQ(number_at(begin + 2 * StampReflector::session_lasts - 2s), 2U);
    EXPECT_EQ(number_at(begin + 3 * StampReflector::session_lasts), 0U);
}

TEST(StampReflector, ShortPacketsGetTheShortestAnswer) {
    StampReflector reflector({});
    StampReflector strict({false, stamp::Format::ntp, false});
    for (std::size_t size = 0; size < stamp::packet_bytes; ++size) {
        Packet packet(7, 40000, size);
        EXPECT_EQ(strict.reflect(packet.datagram), Made::nothing) << size;
        ASSERT_EQ(reflector.reflect(packet.datagram) == Made::answer, size >= 14) << size;
        if (size < 14)
            continue;
        ASSERT_EQ(packet.datagram.data.size(), stamp::packet_bytes);
        EXPECT_EQ(stamp::read_answer(packet.datagram.data)->question.sequence, 7U);
    }
    Packet without_room(7, 40000, 43);
    without_room.datagram.room = 43;
    EXPECT_EQ(reflector.reflect(without_room.datagram), Made::nothing);
}

TEST(StampReflector, LongerAnswersNeverGrow) {
    StampReflector reflector({});
    for (const std::size_t size : {44U, 45U, 47U, 48U, 100U, 65507U}) {
        Packet packet(1, 40000, size);
        EXPECT_EQ(reflector.reflect(packet.datagram), Made::answer);
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
