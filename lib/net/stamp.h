// Encoding and decoding of STAMP packets, the Simple Two-way Active Measurement Protocol (RFC
// 8762). Uses no sockets and no clocks. Extensions are in stamp_extensions.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "net/hmac.h"
#include "system/clock.h"

namespace sockbox::net::stamp {

// The UDP port of reflectors, as assigned by IANA.
inline constexpr std::uint16_t default_port = 862;
// In both directions, without extensions.
inline constexpr std::size_t packet_bytes = 44;
inline constexpr std::size_t authenticated_bytes = 112;

// Unauthenticated and authenticated mode. In the latter, packets are longer and end with an HMAC of
// what precedes it (RFC 8762, sections 4.2.2 and 4.3.2), and there is no TWAMP Light.
enum class Mode : std::uint8_t { open, authenticated };
constexpr std::size_t size_of(Mode mode) noexcept {
    return mode == Mode::open ? packet_bytes : authenticated_bytes;
}

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
    bool synchronized = false;         // to a source such as NTP or PTP
    Format format = Format::ntp;       // of the timestamp beside it
    std::chrono::nanoseconds bound{};  // the maximum error

    friend bool operator==(const ErrorEstimate&, const ErrorEstimate&) = default;
};

// encode_error() rounds the bound up to the next value that the 16 bits can represent; it is never
// encoded as 0, which is invalid.
std::uint16_t encode_error(const ErrorEstimate& estimate) noexcept;
ErrorEstimate decode_error(std::uint16_t wire) noexcept;

// A Session-Sender packet (RFC 8762, section 4.2.1), without extensions.
struct SenderPacket {
    std::uint32_t sequence = 0;  // from 0 on, in a session
    std::uint64_t time = 0;      // when it was sent, from encode_time()
    std::uint16_t error = 0;     // from encode_error()
    std::uint16_t session = 0;   // the session identifier of RFC 8972; 0: none
};

// A Session-Reflector packet (RFC 8762, section 4.3.1), without extensions.
struct Answer {
    std::uint32_t sequence = 0;  // the reflector's own, or that of the question
    std::uint64_t time = 0;      // when it was sent, from encode_time()
    std::uint16_t error = 0;     // from encode_error()
    std::uint16_t session = 0;   // that of the question
    std::uint64_t received = 0;  // when the question arrived, in the format given by `error`
    SenderPacket question;       // as received
    std::uint8_t hop_limit = 0;  // the TTL or hop limit of the question on arrival
};

// Write the first size_of(mode) bytes of `into`, which must have that size or more; unused bytes,
// among them those of the HMAC, are 0.
void write(const SenderPacket& question, std::span<std::byte> into,
           Mode mode = Mode::open) noexcept;
void write(const Answer& answer, std::span<std::byte> into, Mode mode = Mode::open) noexcept;
// A packet that is shorter than packet_bytes, or has bits set where STAMP has none, is one of TWAMP
// Light, whose padding may be anything: it has no session identifier and no extensions (RFC 8762,
// section 4.6). Nullopt if it is shorter than min_question_bytes, those of RFC 5357 without
// padding.
inline constexpr std::size_t min_question_bytes = 14;
bool is_twamp_light(std::span<const std::byte> question) noexcept;
std::optional<SenderPacket> read_question(std::span<const std::byte> packet) noexcept;
// The same in authenticated mode; nullopt if it is shorter than authenticated_bytes. Does not
// verify the HMAC.
std::optional<SenderPacket> read_authenticated(std::span<const std::byte> packet) noexcept;

// The fields of an answer end after 41 bytes. TWAMP Light reflectors (RFC 5357, appendix I) may
// send no more than that, or add padding. In authenticated mode there are authenticated_bytes.
// Nullopt if the packet is shorter.
inline constexpr std::size_t min_answer_bytes = 41;
constexpr std::size_t min_answer(Mode mode) noexcept {
    return mode == Mode::open ? min_answer_bytes : authenticated_bytes;
}
std::optional<Answer> read_answer(std::span<const std::byte> packet,
                                  Mode mode = Mode::open) noexcept;
// The question in an answer, even if the answer ends right after it; nullopt if it is not complete.
std::optional<SenderPacket> read_returned_question(std::span<const std::byte> packet,
                                                   Mode mode = Mode::open) noexcept;

// Writes the HMAC of a packet of authenticated mode; it covers the first 96 bytes. Both need a
// packet of authenticated_bytes or more.
void sign(std::span<std::byte> packet, const HmacKey& key) noexcept;
bool is_signed(std::span<const std::byte> packet, const HmacKey& key) noexcept;

// Converts between this host's wall clock (UTC since 1970) and times on the wire, which are UTC in
// the NTP format and TAI in the PTP format. If the system does not know the offset of TAI, UTC is
// used in place of TAI and the error grows by a minute (the offset has been 37 s since 2017).
class LocalClock {
  public:
    // `quality` is that of this host's wall clock, from clock_quality().
    LocalClock(Format format, const ClockQuality& quality) noexcept
        : format_(format), quality_(quality) {}

    // Converts a time of the wall clock to the wire.
    std::uint64_t encode(Time wall) const noexcept;
    // Converts another host's time, which is in `format`, to the wall clock.
    Time decode(std::uint64_t wire, Format format, Time near) const noexcept;

    // What a packet states about this clock: see encode_error().
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
