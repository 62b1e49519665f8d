// Encodes and decodes STAMP packets, in network byte order.
#include "net/stamp.h"

#include <algorithm>
#include <cmath>

#include "net/byte_order.h"

namespace sockbox::net::stamp {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::uint64_t ntp_epoch = 2'208'988'800;  // 1970 in seconds since 1900
constexpr std::uint64_t billion = 1'000'000'000;
constexpr std::uint64_t cycle = std::uint64_t{1} << 32;  // in seconds: then times wrap around

constexpr unsigned synchronized_bit = 0x8000;
constexpr unsigned ptp_bit = 0x4000;
constexpr unsigned max_scale = 63;

// Offsets of the fields (RFC 8762, sections 4.2 and 4.3; RFC 8972, section 3). `time` and `error`
// are also those within the question that an answer quotes.
struct Layout {
    std::size_t time;
    std::size_t error;
    std::size_t session;
    std::size_t received;
    std::size_t question;
    std::size_t hop_limit;
};
constexpr Layout open_layout{4, 12, 14, 16, 24, 40};
constexpr Layout authenticated_layout{16, 24, 26, 32, 48, 80};
constexpr std::size_t sequence_at = 0;
constexpr std::size_t hmac_at = 96;

constexpr const Layout& layout_of(Mode mode) {
    return mode == Mode::open ? open_layout : authenticated_layout;
}

void write_fields(const SenderPacket& question, std::span<std::byte> bytes, const Layout& at) {
    write_at(bytes, sequence_at, question.sequence);
    write_at(bytes, at.time, question.time);
    write_at(bytes, at.error, question.error);
}

SenderPacket read_fields(std::span<const std::byte> bytes, const Layout& at) {
    return {read_at<std::uint32_t>(bytes, sequence_at), read_at<std::uint64_t>(bytes, at.time),
            read_at<std::uint16_t>(bytes, at.error), 0};
}

}  // namespace

std::uint64_t encode_time(Time time, Format format) noexcept {
    const auto whole = std::chrono::floor<seconds>(time);
    const auto part = static_cast<std::uint64_t>((time - whole).count());
    const auto since_1970 = static_cast<std::uint64_t>(whole.count());
    const std::uint64_t high = format == Format::ntp ? since_1970 + ntp_epoch : since_1970;
    // Rounded up, so that decoding returns the same nanosecond.
    const std::uint64_t low = format == Format::ntp ? (part * cycle + billion - 1) / billion : part;
    return high << 32 | low;
}

Time decode_time(std::uint64_t wire, Format format, Time near) noexcept {
    const std::uint64_t low = wire % cycle;
    const std::uint64_t epoch = format == Format::ntp ? ntp_epoch : 0;
    const auto part = format == Format::ntp ? low * billion / cycle : low;
    const auto now = std::chrono::floor<seconds>(near).count();
    // The signed 32-bit difference selects the nearest time among those 2^32 seconds apart.
    const auto ahead = static_cast<std::int32_t>(
        static_cast<std::uint32_t>((wire >> 32) - epoch - static_cast<std::uint64_t>(now)));
    return seconds(now) + seconds(ahead) + nanoseconds(part);
}

// The bound is multiplier * 2^(scale - 32) seconds (RFC 4656, section 4.1.2).
std::uint16_t encode_error(const ErrorEstimate& estimate) noexcept {
    const double units = std::max(0.0, static_cast<double>(estimate.bound.count())) *
                         static_cast<double>(cycle) / static_cast<double>(billion);
    unsigned scale = 0;
    while (scale < max_scale && std::ceil(std::ldexp(units, -static_cast<int>(scale))) > 255)
        ++scale;
    const double multiplier =
        std::clamp(std::ceil(std::ldexp(units, -static_cast<int>(scale))), 1.0, 255.0);
    const unsigned bits = (estimate.synchronized ? synchronized_bit : 0) |
                          (estimate.format == Format::ptp ? ptp_bit : 0) | scale << 8 |
                          static_cast<unsigned>(multiplier);
    return static_cast<std::uint16_t>(bits);
}

ErrorEstimate decode_error(std::uint16_t wire) noexcept {
    ErrorEstimate estimate;
    estimate.synchronized = (wire & synchronized_bit) != 0;
    estimate.format = (wire & ptp_bit) != 0 ? Format::ptp : Format::ntp;
    const int scale = wire >> 8 & 0x3f;
    const double bound = std::ldexp((wire & 0xff) * static_cast<double>(billion), scale - 32);
    constexpr double longest = 9e18;  // just below what nanoseconds can represent, 285 years
    estimate.bound = nanoseconds(std::llround(std::min(bound, longest)));
    return estimate;
}

void write(const SenderPacket& question, std::span<std::byte> into, Mode mode) noexcept {
    const Layout& at = layout_of(mode);
    std::ranges::fill(into.first(size_of(mode)), std::byte{0});
    write_fields(question, into, at);
    write_at(into, at.session, question.session);
}

void write(const Answer& answer, std::span<std::byte> into, Mode mode) noexcept {
    const Layout& at = layout_of(mode);
    std::ranges::fill(into.first(size_of(mode)), std::byte{0});
    write_fields({answer.sequence, answer.time, answer.error, 0}, into, at);
    write_at(into, at.session, answer.session);
    write_at(into, at.received, answer.received);
    write_fields(answer.question, into.subspan(at.question), at);
    write_at(into, at.hop_limit, answer.hop_limit);
}

bool is_twamp_light(std::span<const std::byte> question) noexcept {
    if (question.size() < packet_bytes)
        return true;
    const auto unused = question.first(packet_bytes).subspan(open_layout.received);
    return std::ranges::any_of(unused, [](std::byte byte) { return byte != std::byte{0}; });
}

std::optional<SenderPacket> read_question(std::span<const std::byte> packet) noexcept {
    if (packet.size() < min_question_bytes)
        return std::nullopt;
    SenderPacket question = read_fields(packet, open_layout);
    if (!is_twamp_light(packet))
        question.session = read_at<std::uint16_t>(packet, open_layout.session);
    return question;
}

std::optional<SenderPacket> read_authenticated(std::span<const std::byte> packet) noexcept {
    if (packet.size() < authenticated_bytes)
        return std::nullopt;
    SenderPacket question = read_fields(packet, authenticated_layout);
    question.session = read_at<std::uint16_t>(packet, authenticated_layout.session);
    return question;
}

std::optional<SenderPacket> read_returned_question(std::span<const std::byte> packet,
                                                   Mode mode) noexcept {
    const Layout& at = layout_of(mode);
    if (packet.size() < at.question + at.error + sizeof(SenderPacket::error))
        return std::nullopt;
    return read_fields(packet.subspan(at.question), at);
}

std::optional<Answer> read_answer(std::span<const std::byte> packet, Mode mode) noexcept {
    if (packet.size() < min_answer(mode))
        return std::nullopt;
    const Layout& at = layout_of(mode);
    const SenderPacket own = read_fields(packet, at);
    Answer answer{own.sequence, own.time, own.error, 0, 0, {}, 0};
    answer.session = read_at<std::uint16_t>(packet, at.session);
    answer.received = read_at<std::uint64_t>(packet, at.received);
    answer.question = read_fields(packet.subspan(at.question), at);
    answer.hop_limit = read_at<std::uint8_t>(packet, at.hop_limit);
    return answer;
}

void sign(std::span<std::byte> packet, const HmacKey& key) noexcept {
    std::ranges::copy(key.digest(packet.first(hmac_at)), packet.subspan(hmac_at).begin());
}

bool is_signed(std::span<const std::byte> packet, const HmacKey& key) noexcept {
    return key.verifies(packet.subspan(hmac_at, digest_bytes), packet.first(hmac_at));
}

// By how much the format's time scale is ahead of the wall clock.
Time LocalClock::ahead(Format format) const noexcept {
    const auto tai = quality_.tai_ahead.value_or(std::chrono::seconds(0));
    return format == Format::ptp ? tai : std::chrono::seconds(0);
}

Time LocalClock::doubt(Format format) const noexcept {
    const bool unknown = format == Format::ptp && !quality_.tai_ahead;
    return unknown ? std::chrono::minutes(1) : std::chrono::minutes(0);
}

std::uint64_t LocalClock::encode(Time wall) const noexcept {
    return encode_time(wall + ahead(format_), format_);
}

Time LocalClock::decode(std::uint64_t wire, Format format, Time near) const noexcept {
    return decode_time(wire, format, near + ahead(format)) - ahead(format);
}

ErrorEstimate LocalClock::estimate() const noexcept {
    return {quality_.synchronized, format_, quality_.bound + doubt(format_)};
}

Time LocalClock::error_against(const ErrorEstimate& theirs) const noexcept {
    return quality_.bound + std::max(doubt(format_), doubt(theirs.format)) + theirs.bound;
}

}  // namespace sockbox::net::stamp
