// Tests of lib/net/stamp.
#include "net/stamp.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

namespace sockbox::net::stamp {
namespace {

using namespace std::chrono_literals;

constexpr Time now = 1'900'000'000s + 123'456'789ns;  // in 2030

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
    std::vector<std::byte> bytes;
    for (const int value : values)
        bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

TEST(StampTime, IsTheSameInBothFormats) {
    EXPECT_EQ(encode_time(0ns, Format::ntp) >> 32, 2'208'988'800U);
    EXPECT_EQ(encode_time(0ns, Format::ptp), 0U);
    EXPECT_EQ(encode_time(500ms, Format::ntp) & 0xffff'ffff, 0x8000'0000U);
    EXPECT_EQ(encode_time(1s + 7ns, Format::ptp), (std::uint64_t{1} << 32) + 7);
    for (const Format format : {Format::ntp, Format::ptp})
        for (const Time time : {now, now + 1ns, now + 876'543'210ns, now - 5s})
            EXPECT_EQ(decode_time(encode_time(time, format), format, now), time);
}

// The seconds of NTP wrap in 2036 and those of PTP in 2106.
TEST(StampTime, ContinuesWhenItsSecondsWrap) {
    const Time in_2036 = 2'085'978'496s;
    const Time in_2106 = 4'294'967'296s;
    for (const Time turn : {in_2036, in_2106})
        for (const Format format : {Format::ntp, Format::ptp}) {
            const auto before = encode_time(turn - 1ms, format);
            const auto after = encode_time(turn + 1ms, format);
            EXPECT_EQ(decode_time(before, format, turn + 1s), turn - 1ms);
            EXPECT_EQ(decode_time(after, format, turn - 1s), turn + 1ms);
        }
}

TEST(StampError, BoundIsKeptAndNeverZeroOnTheWire) {
    EXPECT_EQ(encode_error({}) & 0xff, 1) << "a multiplier of 0 is not allowed";
    EXPECT_EQ(encode_error({true, Format::ptp, 0ns}) & 0xc000, 0xc000);
    for (const Time bound : std::initializer_list<Time>{1ns, 999ns, 20us, 16s, 25h}) {
        const auto back = decode_error(encode_error({true, Format::ntp, bound}));
        EXPECT_TRUE(back.synchronized);
        EXPECT_GE(back.bound, bound) << "it may not look better than it is";
        EXPECT_LE(back.bound.count(), static_cast<double>(bound.count()) * 1.02 + 1);
    }
    EXPECT_GT(decode_error(0x3fff).bound, 24h) << "the largest does not overflow";
}

TEST(StampPacket, QuestionHasItsFieldsAndElseZeros) {
    std::array<std::byte, packet_bytes> packet;
    packet.fill(std::byte{0xee});
    write(SenderPacket{0x01020304, 0x1112131415161718, 0x8301, 0x0a0b}, packet);
    const auto expected =
        bytes_of({1, 2, 3, 4, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x83, 1, 0x0a, 0x0b});
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), packet.begin()));
    EXPECT_TRUE(std::all_of(packet.begin() + 16, packet.end(),
                            [](std::byte byte) { return byte == std::byte{0}; }));
    EXPECT_EQ(read_question(packet)->session, 0x0a0b);
    EXPECT_EQ(read_question(std::span(packet).first(43))->session, 0) << "of TWAMP Light";
    EXPECT_TRUE(read_question(std::span(packet).first(14)));
    EXPECT_FALSE(read_question(std::span(packet).first(13)));
}

TEST(StampPacket, AnswerQuotesTheQuestion) {
    std::array<std::byte, packet_bytes> packet{};
    write(Answer{9, 90, 0x0102, 5, 80, {7, 70, 0x0304, 0}, 17}, packet);
    EXPECT_EQ(packet[40], std::byte{17});
    EXPECT_EQ(packet[38], std::byte{0});
    EXPECT_EQ(packet[41], std::byte{0});
    const auto answer = read_answer(packet);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->sequence, 9U);
    EXPECT_EQ(answer->time, 90U);
    EXPECT_EQ(answer->error, 0x0102);
    EXPECT_EQ(answer->session, 5);
    EXPECT_EQ(answer->received, 80U);
    EXPECT_EQ(answer->question.sequence, 7U);
    EXPECT_EQ(answer->question.time, 70U);
    EXPECT_EQ(answer->question.error, 0x0304);
    EXPECT_EQ(answer->hop_limit, 17);
}

// A packet of 44 zero bytes and then these, reflected.
std::vector<std::byte> reflected(std::initializer_list<int> extensions,
                                 std::optional<std::uint8_t>* wanted = nullptr) {
    std::vector<std::byte> packet(packet_bytes);
    const auto more = bytes_of(extensions);
    packet.insert(packet.end(), more.begin(), more.end());
    const auto dscp = reflect_extensions(packet, 46 << 2 | 1);
    if (wanted != nullptr)
        *wanted = dscp;
    packet.erase(packet.begin(), packet.begin() + packet_bytes);
    return packet;
}

TEST(StampExtensions, KnownOnesAreAnsweredAndOthersMarked) {
    EXPECT_EQ(reflected({0x80, 1, 0, 2, 9, 9}), bytes_of({0, 1, 0, 2, 9, 9})) << "padding";
    EXPECT_EQ(reflected({0, 200, 0, 1, 7, 0x80, 1, 0, 0}),
              bytes_of({0x80, 200, 0, 1, 7, 0, 1, 0, 0}));
    std::optional<std::uint8_t> wanted;
    // DSCP 10 is requested; DSCP 46 with ECN 1 has arrived.
    EXPECT_EQ(reflected({0x80, 4, 0, 4, 10 << 2, 0, 0, 0}, &wanted),
              bytes_of({0, 4, 0, 4, 10 << 2 | 46 >> 4, (46 & 0xf) << 4 | 1 << 2, 0, 0}));
    EXPECT_EQ(wanted, 10);
}

TEST(StampExtensions, MalformedOnesAreMarkedAndEndIt) {
    EXPECT_EQ(reflected({0x80, 1, 0, 9, 1}), bytes_of({0x40, 1, 0, 9, 1})) << "past the end";
    EXPECT_EQ(reflected({0x80, 4, 0, 2, 0, 0, 0x80, 1, 0, 0}),
              bytes_of({0x40, 4, 0, 2, 0, 0, 0x80, 1, 0, 0}));
    EXPECT_EQ(reflected({0x80, 200, 0xff, 0xff}), bytes_of({0xc0, 200, 0xff, 0xff}));
    EXPECT_EQ(reflected({1, 2, 3}), bytes_of({1, 2, 3})) << "no room for a header";
    EXPECT_EQ(reflected({}), bytes_of({}));
}

}  // namespace
}  // namespace sockbox::net::stamp
