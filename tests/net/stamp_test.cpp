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

// RFC 8762, figure 3, with the session identifier of RFC 8972, figure 2.
TEST(StampPacket, AuthenticatedQuestionHasItsFieldsAndElseZeros) {
    std::array<std::byte, authenticated_bytes> packet;
    packet.fill(std::byte{0xee});
    write(SenderPacket{0x01020304, 0x1112131415161718, 0x8301, 0x0a0b}, packet,
          Mode::authenticated);
    auto expected = bytes_of({1, 2, 3, 4});
    expected.resize(16);
    for (const std::byte byte :
         bytes_of({0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x83, 1, 0x0a, 0x0b}))
        expected.push_back(byte);
    expected.resize(112);
    EXPECT_TRUE(std::ranges::equal(packet, expected));
    const auto question = read_authenticated(packet);
    ASSERT_TRUE(question);
    EXPECT_EQ(question->sequence, 0x01020304U);
    EXPECT_EQ(question->time, 0x1112131415161718U);
    EXPECT_EQ(question->error, 0x8301);
    EXPECT_EQ(question->session, 0x0a0b);
    EXPECT_FALSE(read_authenticated(std::span(packet).first(111)));
}

// RFC 8762, figure 6.
TEST(StampPacket, AuthenticatedAnswerQuotesTheQuestion) {
    std::array<std::byte, authenticated_bytes> packet;
    packet.fill(std::byte{0xee});
    write(Answer{0x01020304,
                 0x1112131415161718,
                 0x8301,
                 0x0a0b,
                 0x2122232425262728,
                 {0x31323334, 0x4142434445464748, 0x5152, 0},
                 17},
          packet, Mode::authenticated);
    std::vector<std::byte> expected(112);
    const auto put = [&](std::size_t at, std::initializer_list<int> values) {
        std::ranges::copy(bytes_of(values), expected.begin() + static_cast<std::ptrdiff_t>(at));
    };
    put(0, {1, 2, 3, 4});
    put(16, {0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x83, 1, 0x0a, 0x0b});
    put(32, {0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28});
    put(48, {0x31, 0x32, 0x33, 0x34});
    put(64, {0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x51, 0x52});
    put(80, {17});
    EXPECT_TRUE(std::ranges::equal(packet, expected));
    const auto answer = read_answer(packet, Mode::authenticated);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->received, 0x2122232425262728U);
    EXPECT_EQ(answer->question.sequence, 0x31323334U);
    EXPECT_EQ(answer->question.time, 0x4142434445464748U);
    EXPECT_EQ(answer->question.error, 0x5152);
    EXPECT_EQ(answer->session, 0x0a0b);
    EXPECT_EQ(answer->hop_limit, 17);
    EXPECT_FALSE(read_answer(std::span(packet).first(111), Mode::authenticated));
}

}  // namespace
}  // namespace sockbox::net::stamp
