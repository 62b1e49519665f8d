// The packets of STAMP, the Simple Two-way Active Measurement Protocol (RFC 8762), in its
// unauthenticated mode, and their extensions (RFC 8972). Bytes in, bytes out: no socket, no clock.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "system/clock.h"

namespace sockbox::net::stamp {

inline constexpr std::uint16_t default_port = 862;
inline constexpr std::size_t packet_bytes = 44;  // of both directions, without extensions

// The two formats of a time on the wire: NTP's seconds since 1900 with a binary fraction, or the
// seconds and nanoseconds of IEEE 1588 (PTPv2) since 1970.
enum class Format : std::uint8_t { ntp, ptp };

// Since 1970, in UTC for NTP's format and in TAI for PTP's (see LocalClock). On the wire the
// seconds have 32 bits and so repeat: a time is read as the one nearest to `near`.
using Time = std::chrono::nanoseconds;
std::uint64_t encode_time(Time time, Format format) noexcept;
Time decode_time(std::uint64_t wire, Format format, Time near) noexcept;

// How wrong a clock may be, as the 16 bits of an Error Estimate tell.
struct ErrorEstimate {
    bool synchronized = false;
    Format format = Format::ntp;
    std::chrono::nanoseconds bound{};

    friend bool operator==(const ErrorEstimate&, const ErrorEstimate&) = default;
};

// The bound is rounded up to what the field can say, and is never 0 there.
std::uint16_t encode_error(const ErrorEstimate& estimate) noexcept;
ErrorEstimate decode_error(std::uint16_t wire) noexcept;

// What a Session-Sender sends, without extensions.
struct Question {
    std::uint32_t sequence = 0;
    std::uint64_t time = 0;  // as encode_time() makes it
    std::uint16_t error = 0;
    std::uint16_t session = 0;  // RFC 8972's session identifier; 0: none
};

// What a Session-Reflector answers, without extensions.
struct Answer {
    std::uint32_t sequence = 0;
    std::uint64_t time = 0;  // of its sending
    std::uint16_t error = 0;
    std::uint16_t session = 0;
    std::uint64_t received = 0;  // when the question came in, in the format of `error`
    Question question;           // as it came
    std::uint8_t hop_limit = 0;  // with which it came
};

// The first packet_bytes of `into`; what has no meaning is 0.
void write(const Question& question, std::span<std::byte> into) noexcept;
void write(const Answer& answer, std::span<std::byte> into) noexcept;
// None where there are fewer than packet_bytes.
std::optional<Question> read_question(std::span<const std::byte> packet) noexcept;
std::optional<Answer> read_answer(std::span<const std::byte> packet) noexcept;

// An extension: a flags octet, a type, a length and that many bytes.
inline constexpr std::size_t extension_header_bytes = 4;
enum Flag : std::uint8_t { unrecognized = 0x80, malformed = 0x40, integrity_failed = 0x20 };
enum Type : std::uint8_t { extra_padding = 1, class_of_service = 4 };

struct Extension {
    std::uint8_t flags = 0;
    std::uint8_t type = 0;
    std::span<std::byte> value;   // cut off where the packet ends
    std::span<std::byte> header;  // its first bytes
    bool whole = true;            // its length does not reach past the end of the packet
};

// The extension that `rest` begins with, which is taken off; none where fewer than its header's
// bytes are left.
std::optional<Extension> next_extension(std::span<std::byte>& rest) noexcept;

// A sender's extensions have the flag `unrecognized` set: a reflector clears it where it knows the
// type. The padding fills all of `into` (at least extension_header_bytes).
void write_padding(std::span<std::byte> into) noexcept;

// Class of service: the sender asks for `wanted` on the way back; the reflector tells what it got.
inline constexpr std::size_t class_of_service_bytes = 8;
struct ClassOfService {
    std::uint8_t wanted_dscp = 0;
    std::uint8_t received_dscp = 0;
    std::uint8_t received_ecn = 0;
};
void write_class_of_service(const ClassOfService& service, std::span<std::byte> into) noexcept;
// From the value of such an extension, which has to be long enough (4 bytes).
ClassOfService read_class_of_service(std::span<const std::byte> value) noexcept;

// What a reflector does to the extensions behind the first packet_bytes, in place: tells the types
// that it does not know, what is malformed (and nothing behind that), and answers those it knows.
// Returns the DSCP that the sender wants on the way back, if it asks for one.
std::optional<std::uint8_t> reflect_extensions(std::span<std::byte> packet,
                                               std::uint8_t traffic_class) noexcept;

// Times are those of the wall clock, in UTC since 1970: NTP's format tells these, PTP's tells TAI.
// Where the system does not know by how much TAI is ahead, UTC is told and taken in its place, and
// the error is a minute more (it was 37 s from 2017 on).
class LocalClock {
  public:
    LocalClock(Format format, const ClockQuality& quality) noexcept
        : format_(format), quality_(quality) {}

    std::uint64_t encode(Time wall) const noexcept;
    // What another clock tells in its format.
    Time decode(std::uint64_t wire, Format format, Time near) const noexcept;

    ErrorEstimate estimate() const noexcept;
    // By how much a time between the two clocks may be wrong.
    Time error_against(const ErrorEstimate& theirs) const noexcept;

  private:
    Time ahead(Format format) const noexcept;
    Time doubt(Format format) const noexcept;

    Format format_;
    ClockQuality quality_;
};

}  // namespace sockbox::net::stamp
