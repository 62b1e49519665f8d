// Encodes and decodes STAMP packets, in network byte order.
#include "net/stamp.h"

#include <algorithm>
#include <cmath>

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

// Offsets of the fields (RFC 8762, sections 4.2.1 and 4.3.1).
constexpr std::size_t sequence_at = 0;
constexpr std::size_t time_at = 4;
constexpr std::size_t error_at = 12;
constexpr std::size_t session_at = 14;
constexpr std::size_t received_at = 16;
constexpr std::size_t question_at = 24;
constexpr std::size_t hop_limit_at = 40;

template <class Value>
Value read_at(std::span<const std::byte> bytes, std::size_t at) {
    Value value = 0;
    for (const std::byte byte : bytes.subspan(at, sizeof(Value)))
        value = static_cast<Value>(value << 8 | std::to_integer<Value>(byte));
    return value;
}

template <class Value>
void write_at(std::span<std::byte> bytes, std::size_t at, Value value) {
    for (std::size_t i = sizeof(Value); i-- > 0; value = static_cast<Value>(value >> 8))
        bytes[at + i] = static_cast<std::byte>(value & 0xff);
}

template <>
void write_at(std::span<std::byte> bytes, std::size_t at, std::uint8_t value) {
    bytes[at] = static_cast<std::byte>(value);
}
template <>
std::uint8_t read_at(std::span<const std::byte> bytes, std::size_t at) {
    return std::to_integer<std::uint8_t>(bytes[at]);
}

void write_fields(const SenderPacket& question, std::span<std::byte> bytes) {
    write_at(bytes, sequence_at, question.sequence);
    write_at(bytes, time_at, question.time);
    write_at(bytes, error_at, question.error);
}

SenderPacket read_fields(std::span<const std::byte> bytes) {
    return {read_at<std::uint32_t>(bytes, sequence_at), read_at<std::uint64_t>(bytes, time_at),
            read_at<std::uint16_t>(bytes, error_at), 0};
}

void write_header(std::uint8_t type, std::size_t length, std::span<std::byte> into) {
    write_at(into, 0, std::uint8_t{unrecognized});
    write_at(into, 1, type);
    write_at(into, 2, static_cast<std::uint16_t>(length));
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

void write(const SenderPacket& question, std::span<std::byte> into) noexcept {
    std::ranges::fill(into.first(packet_bytes), std::byte{0});
    write_fields(question, into);
    write_at(into, session_at, question.session);
}

void write(const Answer& answer, std::span<std::byte> into) noexcept {
    std::ranges::fill(into.first(packet_bytes), std::byte{0});
    write_fields({answer.sequence, answer.time, answer.error, 0}, into);
    write_at(into, session_at, answer.session);
    write_at(into, received_at, answer.received);
    write_fields(answer.question, into.subspan(question_at));
    write_at(into, hop_limit_at, answer.hop_limit);
}

bool is_twamp_light(std::span<const std::byte> question) noexcept {
    if (question.size() < packet_bytes)
        return true;
    const auto unused = question.first(packet_bytes).subspan(received_at);
    return std::ranges::any_of(unused, [](std::byte byte) { return byte != std::byte{0}; });
}

std::optional<SenderPacket> read_question(std::span<const std::byte> packet) noexcept {
    if (packet.size() < min_question_bytes)
        return std::nullopt;
    SenderPacket question = read_fields(packet);
    if (!is_twamp_light(packet))
        question.session = read_at<std::uint16_t>(packet, session_at);
    return question;
}

std::optional<SenderPacket> read_returned_question(std::span<const std::byte> packet) noexcept {
    if (packet.size() < question_at + session_at)
        return std::nullopt;
    return read_fields(packet.subspan(question_at));
}

std::optional<Answer> read_answer(std::span<const std::byte> packet) noexcept {
    if (packet.size() < min_answer_bytes)
        return std::nullopt;
    const SenderPacket own = read_fields(packet);
    Answer answer{own.sequence, own.time, own.error, 0, 0, {}, 0};
    answer.session = read_at<std::uint16_t>(packet, session_at);
    answer.received = read_at<std::uint64_t>(packet, received_at);
    answer.question = read_fields(packet.subspan(question_at));
    answer.hop_limit = read_at<std::uint8_t>(packet, hop_limit_at);
    return answer;
}

std::optional<Extension> next_extension(std::span<std::byte>& rest) noexcept {
    if (rest.size() < extension_header_bytes)
        return std::nullopt;
    Extension extension;
    extension.flags = read_at<std::uint8_t>(rest, 0);
    extension.type = read_at<std::uint8_t>(rest, 1);
    const std::size_t length = read_at<std::uint16_t>(rest, 2);
    extension.header = rest.first(extension_header_bytes);
    rest = rest.subspan(extension_header_bytes);
    extension.whole = length <= rest.size();
    extension.value = rest.first(std::min(length, rest.size()));
    rest = rest.subspan(extension.value.size());
    return extension;
}

void write_padding(std::span<std::byte> into) noexcept {
    std::ranges::fill(into, std::byte{0});
    write_header(extra_padding, into.size() - extension_header_bytes, into);
}

// Two 6-bit code points and 2 bits of ECN; the remaining bits stay 0 (RFC 8972, section 4.4).
void write_class_of_service(const ClassOfService& service, std::span<std::byte> into) noexcept {
    std::ranges::fill(into.first(class_of_service_bytes), std::byte{0});
    write_header(class_of_service, class_of_service_bytes - extension_header_bytes, into);
    const unsigned bits = static_cast<unsigned>(service.wanted_dscp & 0x3f) << 10 |
                          static_cast<unsigned>(service.received_dscp & 0x3f) << 4 |
                          static_cast<unsigned>(service.received_ecn & 0x3) << 2;
    write_at(into, extension_header_bytes, static_cast<std::uint16_t>(bits));
}

ClassOfService read_class_of_service(std::span<const std::byte> value) noexcept {
    const unsigned bits = read_at<std::uint16_t>(value, 0);
    return {static_cast<std::uint8_t>(bits >> 10), static_cast<std::uint8_t>(bits >> 4 & 0x3f),
            static_cast<std::uint8_t>(bits >> 2 & 0x3)};
}

std::optional<std::uint8_t> reflect_extensions(std::span<std::byte> packet,
                                               std::uint8_t traffic_class) noexcept {
    constexpr std::size_t service_bytes = class_of_service_bytes - extension_header_bytes;
    std::optional<std::uint8_t> wanted;
    auto rest = packet.subspan(packet_bytes);
    while (const auto extension = next_extension(rest)) {
        const bool is_service = extension->type == class_of_service;
        const bool known = is_service || extension->type == extra_padding;
        const bool fits = !is_service || extension->value.size() == service_bytes;
        const bool is_malformed = !extension->whole || !fits;
        // The sender's flags are overwritten: they carry no information for a reflector.
        write_at(
            extension->header, 0,
            static_cast<std::uint8_t>((known ? 0 : unrecognized) | (is_malformed ? malformed : 0)));
        if (is_malformed)
            break;
        if (!is_service)
            continue;
        ClassOfService service = read_class_of_service(extension->value);
        wanted = service.wanted_dscp;
        service.received_dscp = static_cast<std::uint8_t>(traffic_class >> 2);
        service.received_ecn = static_cast<std::uint8_t>(traffic_class & 0x3);
        const std::span whole(extension->header.data(), class_of_service_bytes);
        write_class_of_service(service, whole);
        write_at(whole, 0, std::uint8_t{0});
    }
    return wanted;
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
