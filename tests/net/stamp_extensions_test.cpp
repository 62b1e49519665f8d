// Tests of lib/net/stamp_extensions, byte by byte as in the figures of RFC 8972.
#include "net/stamp_extensions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace sockbox::net::stamp {
namespace {

using Bytes = std::vector<std::byte>;

Bytes bytes_of(std::initializer_list<int> values) {
    Bytes bytes;
    for (const int value : values)
        bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

Bytes joined(std::initializer_list<Bytes> parts) {
    Bytes all;
    for (const Bytes& part : parts)
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

Reflection reflection() {
    Reflection told;
    told.traffic_class = 46 << 2 | 1;
    told.source = *Endpoint::parse("192.0.2.1", 0x1234);
    told.destination = *Endpoint::parse("2001:db8::7", 862);
    told.method_in = Method::software;
    return told;
}

// The extensions of a packet of 44 zero bytes and then these, reflected.
Bytes reflected(const Bytes& extensions, const Reflection& told = reflection(),
                std::optional<std::uint8_t>* wanted = nullptr) {
    Bytes packet(packet_bytes);
    packet.insert(packet.end(), extensions.begin(), extensions.end());
    const auto done = reflect_extensions(packet, Mode::open, told);
    if (wanted != nullptr)
        *wanted = done.wanted_dscp;
    packet.erase(packet.begin(), packet.begin() + packet_bytes);
    return packet;
}

TEST(StampExtensions, KnownOnesAreAnsweredAndOthersMarked) {
    EXPECT_EQ(reflected(bytes_of({0x80, 1, 0, 2, 9, 9})), bytes_of({0, 1, 0, 2, 9, 9}));
    EXPECT_EQ(reflected(bytes_of({0, 200, 0, 1, 7, 0x80, 1, 0, 0})),
              bytes_of({0x80, 200, 0, 1, 7, 0, 1, 0, 0}));
    std::optional<std::uint8_t> wanted;
    // DSCP 10 is requested; DSCP 46 with ECN 1 has arrived.
    EXPECT_EQ(reflected(bytes_of({0x80, 4, 0, 4, 10 << 2, 0, 0, 0}), reflection(), &wanted),
              bytes_of({0, 4, 0, 4, 10 << 2 | 46 >> 4, (46 & 0xf) << 4 | 1 << 2, 0, 0}));
    EXPECT_EQ(wanted, 10);
}

TEST(StampExtensions, MalformedOnesAreMarkedAndEndIt) {
    EXPECT_EQ(reflected(bytes_of({0x80, 1, 0, 9, 1})), bytes_of({0x40, 1, 0, 9, 1}))
        << "past the end";
    for (const int type : {3, 4, 5, 7})
        EXPECT_EQ(reflected(bytes_of({0x80, type, 0, 2, 0, 0, 0x80, 1, 0, 0})),
                  bytes_of({0x40, type, 0, 2, 0, 0, 0x80, 1, 0, 0}));
    EXPECT_EQ(reflected(bytes_of({0x80, 2, 0, 3, 0, 0, 0})), bytes_of({0x40, 2, 0, 3, 0, 0, 0}));
    EXPECT_EQ(reflected(bytes_of({0x80, 200, 0xff, 0xff})), bytes_of({0xc0, 200, 0xff, 0xff}));
    EXPECT_EQ(reflected(bytes_of({1, 2, 3})), bytes_of({1, 2, 3})) << "no room for a header";
    EXPECT_EQ(reflected({}), Bytes());
}

// Section 4.6: about access networks of 3GPP, of which this host knows nothing.
TEST(StampExtensions, AccessReportsAreRefused) {
    EXPECT_EQ(reflected(bytes_of({0x80, 6, 0, 4, 0x10, 1, 0, 0})),
              bytes_of({0x80, 6, 0, 4, 0x10, 1, 0, 0}));
}

const Bytes no_address(16);
const Bytes v4 = joined({bytes_of({192, 0, 2, 1}), Bytes(12)});
const Bytes v6 = bytes_of({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7});

// Section 4.2: destination port, source port, then the general types become special ones.
TEST(StampExtensions, LocationTellsPortsAndAddresses) {
    const Bytes asked = joined({bytes_of({0x80, 2, 0, 44, 0, 0, 0, 0, 0x80, 7, 0, 16}), no_address,
                                bytes_of({0x80, 4, 0, 16}), no_address});
    Bytes written(location_bytes, std::byte{0xee});
    write_location(written);
    EXPECT_EQ(written, asked);
    const Bytes answer = reflected(asked);
    EXPECT_EQ(answer, joined({bytes_of({0, 2, 0, 44, 0x03, 0x5e, 0x12, 0x34, 0, 8, 0, 16}), v4,
                              bytes_of({0, 6, 0, 16}), v6}));
    EXPECT_EQ(read_source(std::span(answer).subspan(4))->to_string(), "192.0.2.1:4660");
    EXPECT_FALSE(read_source(std::span(asked).subspan(4))) << "not answered";
    Reflection mapped = reflection();
    mapped.source = Endpoint::parse("192.0.2.1", 7)->mapped();
    const Bytes from_mapped = reflected(asked, mapped);
    EXPECT_EQ(read_source(std::span(from_mapped).subspan(4))->to_string(), "192.0.2.1:7");
}

TEST(StampExtensions, LocationMarksWhatItCannotTellAndWhatIsMalformed) {
    EXPECT_EQ(
        reflected(bytes_of({0x80, 2, 0, 16, 0, 0, 0, 0, 0x80, 1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0})),
        bytes_of({0, 2, 0, 16, 0x03, 0x5e, 0x12, 0x34, 0x80, 1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0}))
        << "the MAC address";
    EXPECT_EQ(reflected(bytes_of({0x80, 2, 0, 8, 0, 0, 0, 0, 0x80, 7, 0, 0, 0x80, 1, 0, 0})),
              bytes_of({0x40, 2, 0, 8, 0x03, 0x5e, 0x12, 0x34, 0x40, 7, 0, 0, 0x80, 1, 0, 0}));
    EXPECT_EQ(reflected(bytes_of({0x80, 2, 0, 8, 0, 0, 0, 0, 0x80, 7, 0, 16})),
              bytes_of({0x40, 2, 0, 8, 0x03, 0x5e, 0x12, 0x34, 0x40, 7, 0, 16}));
}

// Section 4.3: source and method on the way in, then on the way out.
TEST(StampExtensions, TimestampInformationTellsTheClock) {
    Bytes asked(timestamp_information_bytes, std::byte{0xee});
    write_timestamp_information(asked);
    EXPECT_EQ(asked, bytes_of({0x80, 3, 0, 4, 0, 0, 0, 0}));
    EXPECT_EQ(reflected(asked), bytes_of({0, 3, 0, 4, 5, 2, 5, 2}));
    Reflection synchronized = reflection();
    synchronized.synchronized = true;
    const Bytes answer = reflected(asked, synchronized);
    EXPECT_EQ(answer, bytes_of({0, 3, 0, 4, 1, 2, 1, 2}));
    EXPECT_EQ(read_timestamp_information(std::span(answer).subspan(4)).source_out, Source::ntp);
}

// Section 4.5: sent by the sender, received and sent by the reflector.
TEST(StampExtensions, DirectMeasurementCountsPackets) {
    Bytes asked(direct_measurement_bytes, std::byte{0xee});
    write_direct_measurement(0x01020304, asked);
    EXPECT_EQ(asked, bytes_of({0x80, 5, 0, 12, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(reflected(asked), bytes_of({0, 5, 0, 12, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0}))
        << "by one that does not count";
    Reflection counting = reflection();
    counting.counts = {0, 0x0a0b0c0d, 0x01020300};
    const Bytes answer = reflected(asked, counting);
    EXPECT_EQ(answer, bytes_of({0, 5, 0, 12, 1, 2, 3, 4, 10, 11, 12, 13, 1, 2, 3, 0}));
    EXPECT_EQ(read_direct_measurement(std::span(answer).subspan(4)).received, 0x0a0b0c0dU);
}

// Section 4.7: number, time and method, then zeros.
TEST(StampExtensions, FollowUpTellsWhenTheAnswerBeforeLeft) {
    Bytes asked(follow_up_bytes, std::byte{0xee});
    write_follow_up(asked);
    EXPECT_EQ(asked, joined({bytes_of({0x80, 7, 0, 16}), Bytes(16)}));
    EXPECT_EQ(reflected(asked), joined({bytes_of({0, 7, 0, 16}), Bytes(16)}));
    Reflection keeping = reflection();
    keeping.last = {0x01020304, 0x1112131415161718, Method::software};
    const Bytes answer = reflected(asked, keeping);
    EXPECT_EQ(answer, bytes_of({0,    7,    0,    16,   1,    2,    3, 4, 0x11, 0x12,
                                0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 2, 0, 0,    0}));
    EXPECT_EQ(read_follow_up(std::span(answer).subspan(4)).time, 0x1112131415161718U);
}

// Section 4.8. The digests were computed by Python's hmac module.
class StampHmac : public testing::Test {
  protected:
    void SetUp() override {
        if (!key_)
            GTEST_SKIP() << key_.error().message();
        told_.key = &*key_;
        packet_[3] = std::byte{7};
    }
    Bytes answered(const Bytes& extensions) {
        Bytes packet = packet_;
        packet.insert(packet.end(), extensions.begin(), extensions.end());
        const auto done = reflect_extensions(packet, Mode::open, told_);
        if (!done.hmac.empty())
            write_hmac(packet, Mode::open, done.hmac, *key_, 0);
        packet.erase(packet.begin(), packet.begin() + packet_bytes);
        return packet;
    }
    const Result<HmacKey> key_ = HmacKey::create(std::as_bytes(std::span("secret", 6)));
    Bytes packet_ = Bytes(packet_bytes);
    Reflection told_ = reflection();
    const Bytes clock_ = bytes_of({0x80, 3, 0, 4, 0, 0, 0, 0});
    // Of 00000007 8003000400000000, and of the answer, 00000007 0003000405020502.
    const Bytes right_ = bytes_of({0x80, 8,    0,    16,   0x8c, 0x92, 0x9d, 0x25, 0x75, 0x54,
                                   0x88, 0xe2, 0x18, 0xee, 0x6f, 0x57, 0xc9, 0xc9, 0x3c, 0x3c});
    const Bytes answer_ = bytes_of({0,    8,    0,    16,   0x44, 0x78, 0x71, 0x12, 0x75, 0x67,
                                    0x3b, 0xcd, 0x9c, 0x59, 0x2c, 0x4a, 0xa5, 0xe8, 0xf4, 0x32});
};

TEST_F(StampHmac, ProtectsTheExtensionsBeforeIt) {
    const Bytes padding = bytes_of({0x80, 1, 0, 1, 9});
    EXPECT_EQ(answered(joined({clock_, right_, padding})),
              joined({bytes_of({0, 3, 0, 4, 5, 2, 5, 2}), answer_, bytes_of({0, 1, 0, 1, 9})}));
    Bytes written(hmac_extension_bytes);
    Bytes packet = joined({packet_, clock_, written});
    write_hmac(packet, Mode::open, std::span(packet).last(hmac_extension_bytes), *key_,
               unrecognized);
    EXPECT_EQ(Bytes(packet.end() - 20, packet.end()), right_);
    EXPECT_EQ(answered(padding), bytes_of({0, 1, 0, 1, 9})) << "padding needs no protection";
}

// The extensions come back as they are, each with the I flag.
TEST_F(StampHmac, ThatIsWrongMissingOrNotTheLastFails) {
    Bytes wrong = right_;
    wrong[10] ^= std::byte{1};
    const auto marked = [](Bytes bytes) {
        bytes[0] = std::byte{0x20};
        return bytes;
    };
    EXPECT_EQ(answered(joined({clock_, wrong})), joined({marked(clock_), marked(wrong)}));
    EXPECT_EQ(answered(clock_), marked(clock_));
    EXPECT_EQ(answered(joined({clock_, right_, clock_})),
              joined({marked(clock_), marked(right_), marked(clock_)}));
    const Bytes unknown = bytes_of({0x80, 99, 0, 1, 5});
    EXPECT_EQ(answered(unknown), bytes_of({0xa0, 99, 0, 1, 5}));
    packet_[3] = std::byte{8};
    EXPECT_EQ(answered(joined({clock_, right_})), joined({marked(clock_), marked(right_)}))
        << "of another packet";
}

TEST_F(StampHmac, IsNotKnownWithoutAKey) {
    told_.key = nullptr;
    Bytes back = right_;
    EXPECT_EQ(answered(joined({clock_, right_})),
              joined({bytes_of({0, 3, 0, 4, 5, 2, 5, 2}), back}));
}

// RFC 8762, section 4.4: of the first 96 bytes, here the numbers from 0.
TEST_F(StampHmac, OfAPacketCoversItsFirst96Bytes) {
    Bytes packet(120);
    for (std::size_t i = 0; i < packet.size(); ++i)
        packet[i] = static_cast<std::byte>(i);
    sign(packet, *key_);
    EXPECT_EQ(Bytes(packet.begin() + 96, packet.begin() + 112),
              bytes_of({0x41, 0x01, 0x05, 0x32, 0x94, 0xa8, 0x57, 0x13, 0x8e, 0xf5, 0xf1, 0x86,
                        0x38, 0x86, 0xa7, 0x96}));
    EXPECT_TRUE(is_signed(packet, *key_));
    for (const std::size_t at : {0U, 50U, 95U, 96U, 111U}) {
        Bytes changed = packet;
        changed[at] ^= std::byte{4};
        EXPECT_FALSE(is_signed(changed, *key_)) << at;
    }
    packet[112] = std::byte{0};
    EXPECT_TRUE(is_signed(packet, *key_));
    const auto other = HmacKey::create(std::as_bytes(std::span("secreT", 6)));
    EXPECT_FALSE(is_signed(packet, *other));
}

}  // namespace
}  // namespace sockbox::net::stamp
