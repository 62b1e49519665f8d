// The extensions (TLVs) of STAMP packets, RFC 8972. Uses no sockets and no clocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "net/endpoint.h"
#include "net/stamp.h"

namespace sockbox::net::stamp {

// An extension has flags, a type, a length, and that many bytes (section 4).
inline constexpr std::size_t extension_header_bytes = 4;
enum Flag : std::uint8_t { unrecognized = 0x80, malformed = 0x40, integrity_failed = 0x20 };
enum Type : std::uint8_t {
    extra_padding = 1,
    location = 2,
    timestamp_information = 3,
    class_of_service = 4,
    direct_measurement = 5,
    access_report = 6,  // for access networks of 3GPP: not supported, as its flag states
    follow_up_telemetry = 7,
    hmac = 8,
};

// An extension, whose spans point into the packet.
struct Extension {
    std::uint8_t flags = 0;       // of Flag
    std::uint8_t type = 0;        // one of Type, or unknown
    std::span<std::byte> value;   // truncated at the end of the packet
    std::span<std::byte> header;  // the extension_header_bytes before it
    bool whole = true;            // whether the value is complete
};

// Returns the extension at the start of `rest` and advances `rest` past it; nullopt if less than an
// extension header is left. The spans point into the packet.
std::optional<Extension> next_extension(std::span<std::byte>& rest) noexcept;

// Bytes of whole extensions, with their headers. That of the location has room for the addresses of
// both ends.
inline constexpr std::size_t class_of_service_bytes = 8;
inline constexpr std::size_t location_bytes = 48;
inline constexpr std::size_t timestamp_information_bytes = 8;
inline constexpr std::size_t direct_measurement_bytes = 16;
inline constexpr std::size_t follow_up_bytes = 20;
inline constexpr std::size_t hmac_extension_bytes = extension_header_bytes + digest_bytes;

// These write a sender's extension, of the size above, to the start of `into`; that of the padding
// fills `into` (at least extension_header_bytes). In any extension from a sender, the flag
// `unrecognized` is set; a reflector that knows the type clears it.
void write_padding(std::span<std::byte> into) noexcept;
void write_location(std::span<std::byte> into) noexcept;
void write_timestamp_information(std::span<std::byte> into) noexcept;
void write_direct_measurement(std::uint32_t sent, std::span<std::byte> into) noexcept;
void write_follow_up(std::span<std::byte> into) noexcept;

// Class of Service (section 4.4): the sender requests a DSCP for the way back, and the reflector
// reports the DSCP and ECN bits with which the packet arrived.
struct ClassOfService {
    std::uint8_t wanted_dscp = 0;    // 0 to 63, from the sender
    std::uint8_t received_dscp = 0;  // 0 to 63, from the reflector
    std::uint8_t received_ecn = 0;   // 0 to 3, likewise
};
void write_class_of_service(const ClassOfService& service, std::span<std::byte> into) noexcept;

// Where a clock has its time from, and how a time was taken (sections 4.3 and 5).
enum class Source : std::uint8_t {
    unknown = 0,
    ntp = 1,
    ptp = 2,
    bits = 3,
    satellite = 4,
    local = 5
};
enum class Method : std::uint8_t { unknown = 0, hardware = 1, software = 2, control = 3 };
struct TimestampInformation {
    Source source_in = Source::unknown;   // of the times of arrival
    Method method_in = Method::unknown;   // likewise
    Source source_out = Source::unknown;  // of the times of departure
    Method method_out = Method::unknown;  // likewise
};

// Packets of a session (section 4.5), each count including the packet that it is in.
struct Counts {
    std::uint32_t sender_sent = 0;  // by the sender
    std::uint32_t received = 0;     // by the reflector
    std::uint32_t sent = 0;         // by the reflector
};

// When the answer before this one left (section 4.7); all 0 if there was none.
struct FollowUp {
    std::uint32_t sequence = 0;       // of the answer before this one
    std::uint64_t time = 0;           // from encode_time()
    Method method = Method::unknown;  // how the time was taken
};

// The values of extensions of these types, of exactly the size above less the header.
ClassOfService read_class_of_service(std::span<const std::byte> value) noexcept;
TimestampInformation read_timestamp_information(std::span<const std::byte> value) noexcept;
Counts read_direct_measurement(std::span<const std::byte> value) noexcept;
FollowUp read_follow_up(std::span<const std::byte> value) noexcept;
// The source address and port of the question as the reflector received it, from a location's
// value; nullopt if it is not reported.
std::optional<Endpoint> read_source(std::span<const std::byte> value) noexcept;

// The HMAC extension (section 4.8) protects the others: it covers the sequence number of the packet
// and the extensions before it; only padding may follow. write_hmac() writes it to the start of
// `into`, which lies in `packet`; to be called when the rest of the packet is complete.
// `flags` is `unrecognized` from a sender, 0 from a reflector.
void write_hmac(std::span<const std::byte> packet, Mode mode, std::span<std::byte> into,
                const HmacKey& key, std::uint8_t flags) noexcept;
// Whether the extensions of a packet of size_of(mode) bytes or more are protected: by a right HMAC,
// or because there are none, or only padding.
bool are_extensions_signed(std::span<std::byte> packet, Mode mode, const HmacKey& key) noexcept;

// What a reflector reports in its extensions.
struct Reflection {
    std::uint8_t traffic_class = 0;      // DSCP and ECN with which the packet arrived
    Endpoint source;                     // of the packet
    Endpoint destination;                // of the packet
    bool synchronized = false;           // its clock
    Method method_in = Method::unknown;  // of the time of arrival
    std::optional<Counts> counts;        // of a reflector that counts; `sender_sent` is unused
    std::optional<FollowUp> last;        // likewise
    const HmacKey* key = nullptr;        // null: HMAC extensions are not recognized
};

// Does a reflector's work on the extensions of `packet`, which has size_of(mode) bytes or more, in
// place, except for the HMAC: sets the flags for unknown types and malformed extensions, stopping
// at the first malformed one, and fills in those that it knows. With a key, if the extensions are
// not protected as are_extensions_signed() requires, only marks them with `integrity_failed`.
struct Reflected {
    std::optional<std::uint8_t> wanted_dscp;  // for the way back, if the sender requests one
    std::span<std::byte> hmac;                // the HMAC extension to write, in `packet`; or empty
};
Reflected reflect_extensions(std::span<std::byte> packet, Mode mode,
                             const Reflection& reflection) noexcept;

}  // namespace sockbox::net::stamp
