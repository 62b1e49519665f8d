// Encoding and decoding of STAMP packets, the Simple Two-way Active Measurement Protocol (RFC
// 8762), in unauthenticated mode, with extensions (RFC 8972). Uses no sockets and no clocks.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "system/clock.h"

namespace sockbox::net::stamp {

inline constexpr std::uint16_t default_port = 862;
inline constexpr std::size_t packet_bytes = 44;  // in both directions, without extensions

// The timestamp formats: NTP's 32-bit seconds since 1900 with a 32-bit binary fraction (RFC 5905),
// or the truncated format of IEEE 1588 (PTPv2), 32-bit seconds since 1970 and nanoseconds.
enum class Format : std::uint8_t { ntp, ptp };

// Nanoseconds since 1970, in UTC for the NTP format and in TAI for the PTP format (see LocalClock).
// The 32-bit seconds on the wire wrap around: decode_time() returns the time nearest to `near`.
using Time = std::chrono::nanoseconds;
std::uint64_t encode_time(Time time, Format format) noexcept;
Time decode_time(std::uint64_t wire, Format format, Time near) noexcept;

// The Error Estimate of a timestamp (RFC 4656, section 4.1.2): a bound on the error of a clock.
struct ErrorEstimate {
    bool synchronized = false;
    Format format = Format::ntp;
    std::chrono::nanoseconds bound{};

    friend bool operator==(const ErrorEstimate&, const ErrorEstimate&) = default;
};

// encode_error() rounds the bound up to the next value that the 16 bits can represent; it is never
// encoded as 0, which is invalid.
std::uint16_t encode_error(const ErrorEstimate& estimate) noexcept;
ErrorEstimate decode_error(std::uint16_t wire) noexcept;

// A Session-Sender packet (RFC 8762, section 4.2.1), without extensions.
struct SenderPacket {
    std::uint32_t sequence = 0;
    std::uint64_t time = 0;     // when it was sent, from encode_time()
    std::uint16_t error = 0;    // from encode_error()
    std::uint16_t session = 0;  // the session identifier of RFC 8972; 0: none
};

// A Session-Reflector packet (RFC 8762, section 4.3.1), without extensions.
struct Answer {
    std::uint32_t sequence = 0;
    std::uint64_t time = 0;  // when it was sent, from encode_time()
    std::uint16_t error = 0;
    std::uint16_t session = 0;
    std::uint64_t received = 0;  // when the question arrived, in the format given by `error`
    SenderPacket question;       // as received
    std::uint8_t hop_limit = 0;  // the TTL or hop limit of the question on arrival
};

// Write the first packet_bytes of `into`, which must have that size or more; unused bytes are 0.
void write(const SenderPacket& question, std::span<std::byte> into) noexcept;
void write(const Answer& answer, std::span<std::byte> into) noexcept;
// A packet that is shorter than packet_bytes, or has bits set where STAMP has none, is one of TWAMP
// Light, whose padding may be anything: it has no session identifier and no extensions (RFC 8762,
// section 4.6). Nullopt if it is shorter than min_question_bytes, those of RFC 5357 without
// padding.
inline constexpr std::size_t min_question_bytes = 14;
bool is_twamp_light(std::span<const std::byte> question) noexcept;
std::optional<SenderPacket> read_question(std::span<const std::byte> packet) noexcept;

// The fields of an answer end after 41 bytes. TWAMP Light reflectors (RFC 5357, appendix I) may
// send no more than that, or add padding. Nullopt if the packet is shorter.
inline constexpr std::size_t min_answer_bytes = 41;
std::optional<Answer> read_answer(std::span<const std::byte> packet) noexcept;
// The question in an answer, even if the answer ends right after it; nullopt if it is not complete.
std::optional<SenderPacket> read_returned_question(std::span<const std::byte> packet) noexcept;

// An extension is a TLV of RFC 8972, section 4: flags, type, length, and that many bytes.
inline constexpr std::size_t extension_header_bytes = 4;
enum Flag : std::uint8_t { unrecognized = 0x80, malformed = 0x40, integrity_failed = 0x20 };
enum Type : std::uint8_t { extra_padding = 1, class_of_service = 4 };

struct Extension {
    std::uint8_t flags = 0;
    std::uint8_t type = 0;
    std::span<std::byte> value;   // truncated at the end of the packet
    std::span<std::byte> header;  // the extension_header_bytes before it
    bool whole = true;            // whether the value is complete
};

// Returns the extension at the start of `rest` and advances `rest` past it; nullopt if less than an
// extension header is left. The spans point into the packet.
std::optional<Extension> next_extension(std::span<std::byte>& rest) noexcept;

// Writes an Extra Padding extension that fills `into` (at least extension_header_bytes). As in any
// extension from a sender, the flag `unrecognized` is set; a reflector that knows the type clears
// it.
void write_padding(std::span<std::byte> into) noexcept;

// Class of Service (RFC 8972, section 4.4): the sender requests a DSCP for the way back, and the
// reflector reports the DSCP and ECN bits with which the packet arrived.
inline constexpr std::size_t class_of_service_bytes = 8;
struct ClassOfService {
    std::uint8_t wanted_dscp = 0;
    std::uint8_t received_dscp = 0;
    std::uint8_t received_ecn = 0;
};
void write_class_of_service(const ClassOfService& service, std::span<std::byte> into) noexcept;
// `value` is that of such an extension and must have 4 bytes or more.
ClassOfService read_class_of_service(std::span<const std::byte> value) noexcept;

// Does a reflector's work on the extensions after the first packet_bytes, in place: sets the flags
// for unknown types and malformed extensions, stopping at the first malformed one, and fills in
// those that it knows. `packet` has packet_bytes or more; `traffic_class` is that of its arrival.
// Returns the DSCP that the sender requests for the way back, if any.
std::optional<std::uint8_t> reflect_extensions(std::span<std::byte> packet,
                                               std::uint8_t traffic_class) noexcept;

// Converts between this host's wall clock (UTC since 1970) and times on the wire, which are UTC in
// the NTP format and TAI in the PTP format. If the system does not know the offset of TAI, UTC is
// used in place of TAI and the error grows by a minute (the offset has been 37 s since 2017).
class LocalClock {
  public:
    LocalClock(Format format, const ClockQuality& quality) noexcept
        : format_(format), quality_(quality) {}

    std::uint64_t encode(Time wall) const noexcept;
    // Converts another host's time, which is in `format`, to the wall clock.
    Time decode(std::uint64_t wire, Format format, Time near) const noexcept;

    ErrorEstimate estimate() const noexcept;
    // The maximum error of the difference between times of this clock and of another one.
    Time error_against(const ErrorEstimate& theirs) const noexcept;

  private:
    Time ahead(Format format) const noexcept;
    Time doubt(Format format) const noexcept;

    Format format_;
    ClockQuality quality_;
};

}  // namespace sockbox::net::stamp
