// Writes, reads and reflects the extensions of STAMP, in network byte order.
#include "net/stamp_extensions.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "net/byte_order.h"

namespace sockbox::net::stamp {
namespace {

// Extensions within that of the location (section 4.2.1). The sender asks with the general types,
// and the answer has that of the address's family, in the same place.
enum SubType : std::uint8_t {
    source_mac = 1,
    destination_ip = 4,
    destination_ipv4 = 5,
    destination_ipv6 = 6,
    source_ip = 7,
    source_ipv4 = 8,
    source_ipv6 = 9,
};
constexpr std::size_t ports_bytes = 4;
constexpr std::size_t mac_bytes = 8;
constexpr std::size_t address_bytes = 16;  // an IPv4 address is followed by zeros

void write_header(std::uint8_t flags, std::uint8_t type, std::size_t length,
                  std::span<std::byte> into) {
    write_at(into, 0, flags);
    write_at(into, 1, type);
    write_at(into, 2, static_cast<std::uint16_t>(length));
}

void write_empty(std::uint8_t type, std::size_t whole, std::span<std::byte> into) {
    std::ranges::fill(into.first(whole), std::byte{0});
    write_header(unrecognized, type, whole - extension_header_bytes, into);
}

// Nullopt: any length, or an unknown type.
std::optional<std::size_t> length_of(std::uint8_t type) {
    switch (type) {
        case timestamp_information: return timestamp_information_bytes - extension_header_bytes;
        case class_of_service: return class_of_service_bytes - extension_header_bytes;
        case direct_measurement: return direct_measurement_bytes - extension_header_bytes;
        case follow_up_telemetry: return follow_up_bytes - extension_header_bytes;
        case hmac: return digest_bytes;
        default: return std::nullopt;
    }
}

bool is_known(std::uint8_t type, const HmacKey* key) {
    return type == extra_padding || type == location ||
           (length_of(type) && (type != hmac || key != nullptr));
}

// Whether it is well-formed; of an unknown type, any length is.
bool fits(const Extension& extension, const HmacKey* key) {
    if (!extension.whole || !is_known(extension.type, key))
        return extension.whole;
    if (extension.type == location)
        return extension.value.size() >= ports_bytes;
    return extension.value.size() == length_of(extension.type).value_or(extension.value.size());
}

void set_flags(const Extension& extension, unsigned flags) {
    write_at(extension.header, 0, static_cast<std::uint8_t>(flags));
}

void answer_address(const Extension& asked, const Endpoint& address, SubType v4, SubType v6) {
    const Endpoint plain = address.unmapped();
    const bool is_v4 = plain.family() == Family::ipv4;
    std::ranges::fill(asked.value, std::byte{0});
    std::ranges::copy(plain.bytes(), asked.value.begin());
    write_header(0, is_v4 ? v4 : v6, address_bytes, asked.header);
}

// Returns false if a part of it is malformed.
bool answer_location(std::span<std::byte> value, const Reflection& reflection) {
    write_at(value, 0, reflection.destination.port());
    write_at(value, 2, reflection.source.port());
    auto rest = value.subspan(ports_bytes);
    while (const auto part = next_extension(rest)) {
        const bool is_address = part->type == destination_ip || part->type == source_ip;
        const bool is_mac = part->type == source_mac;
        const bool is_known_size = part->value.size() == (is_mac ? mac_bytes : address_bytes);
        if (!part->whole || ((is_address || is_mac) && !is_known_size)) {
            set_flags(*part, malformed | (is_address ? 0 : unrecognized));
            return false;
        }
        if (part->type == destination_ip)
            answer_address(*part, reflection.destination, destination_ipv4, destination_ipv6);
        else if (part->type == source_ip)
            answer_address(*part, reflection.source, source_ipv4, source_ipv6);
        else  // UDP sockets do not report the MAC address
            set_flags(*part, unrecognized);
    }
    return rest.empty();
}

void answer_timestamps(std::span<std::byte> value, const Reflection& reflection) {
    // NTP is by far the most frequent source of a synchronized clock; the kernel does not know it.
    const auto source =
        static_cast<std::uint8_t>(reflection.synchronized ? Source::ntp : Source::local);
    write_at(value, 0, source);
    write_at(value, 1, static_cast<std::uint8_t>(reflection.method_in));
    write_at(value, 2, source);
    write_at(value, 3, static_cast<std::uint8_t>(Method::software));
}

void answer_counts(std::span<std::byte> value, const std::optional<Counts>& counts) {
    write_at(value, 4, counts ? counts->received : 0U);
    write_at(value, 8, counts ? counts->sent : 0U);
}

void answer_follow_up(std::span<std::byte> value, const FollowUp& last) {
    std::ranges::fill(value, std::byte{0});
    write_at(value, 0, last.sequence);
    write_at(value, 4, last.time);
    write_at(value, 12, static_cast<std::uint8_t>(last.method));
}

std::uint8_t answer_service(const Extension& extension, const Reflection& reflection) {
    ClassOfService service = read_class_of_service(extension.value);
    service.received_dscp = static_cast<std::uint8_t>(reflection.traffic_class >> 2);
    service.received_ecn = static_cast<std::uint8_t>(reflection.traffic_class & 0x3);
    write_class_of_service(service, std::span(extension.header.data(), class_of_service_bytes));
    return service.wanted_dscp;
}

std::optional<Endpoint> to_endpoint(const void* address, std::size_t size) {
    const auto made = Endpoint::from_native(static_cast<const sockaddr*>(address),
                                            static_cast<SocketLength>(size));
    return made ? std::optional(*made) : std::nullopt;
}

std::optional<Endpoint> endpoint_v4(std::span<const std::byte> address, std::uint16_t port) {
    sockaddr_in native{};
    native.sin_family = AF_INET;
    native.sin_port = htons(port);
    std::memcpy(&native.sin_addr, address.data(), sizeof native.sin_addr);
    return to_endpoint(&native, sizeof native);
}

std::optional<Endpoint> endpoint_v6(std::span<const std::byte> address, std::uint16_t port) {
    sockaddr_in6 native{};
    native.sin6_family = AF_INET6;
    native.sin6_port = htons(port);
    std::memcpy(&native.sin6_addr, address.data(), sizeof native.sin6_addr);
    return to_endpoint(&native, sizeof native);
}

void mark_all(std::span<std::byte> rest, const HmacKey* key) {
    while (const auto extension = next_extension(rest))
        set_flags(*extension, integrity_failed |
                                  (is_known(extension->type, key) ? 0 : unrecognized) |
                                  (fits(*extension, key) ? 0 : malformed));
}

// What the HMAC extension at `header` covers, apart from the sequence number.
std::span<const std::byte> covered(std::span<const std::byte> packet, Mode mode,
                                   const std::byte* header) {
    const auto before = static_cast<std::size_t>(header - packet.data());
    return packet.first(before).subspan(size_of(mode));
}

std::span<const std::byte> sequence_in(std::span<const std::byte> packet) {
    return packet.first(sizeof(SenderPacket::sequence));
}

}  // namespace

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
    write_empty(extra_padding, into.size(), into);
}

void write_location(std::span<std::byte> into) noexcept {
    write_empty(location, location_bytes, into);
    auto rest = into.subspan(extension_header_bytes + ports_bytes);
    for (const SubType type : {source_ip, destination_ip}) {
        write_empty(type, extension_header_bytes + address_bytes, rest);
        rest = rest.subspan(extension_header_bytes + address_bytes);
    }
}

void write_timestamp_information(std::span<std::byte> into) noexcept {
    write_empty(timestamp_information, timestamp_information_bytes, into);
}

void write_direct_measurement(std::uint32_t sent, std::span<std::byte> into) noexcept {
    write_empty(direct_measurement, direct_measurement_bytes, into);
    write_at(into, extension_header_bytes, sent);
}

void write_follow_up(std::span<std::byte> into) noexcept {
    write_empty(follow_up_telemetry, follow_up_bytes, into);
}

// Two 6-bit code points and 2 bits of ECN; the remaining bits stay 0 (RFC 8972, section 4.4).
void write_class_of_service(const ClassOfService& service, std::span<std::byte> into) noexcept {
    write_empty(class_of_service, class_of_service_bytes, into);
    const unsigned bits = (service.wanted_dscp & 0x3fU) << 10 |
                          (service.received_dscp & 0x3fU) << 4 | (service.received_ecn & 0x3U) << 2;
    write_at(into, extension_header_bytes, static_cast<std::uint16_t>(bits));
}

ClassOfService read_class_of_service(std::span<const std::byte> value) noexcept {
    const unsigned bits = read_at<std::uint16_t>(value, 0);
    return {static_cast<std::uint8_t>(bits >> 10), static_cast<std::uint8_t>(bits >> 4 & 0x3f),
            static_cast<std::uint8_t>(bits >> 2 & 0x3)};
}

TimestampInformation read_timestamp_information(std::span<const std::byte> value) noexcept {
    return {static_cast<Source>(value[0]), static_cast<Method>(value[1]),
            static_cast<Source>(value[2]), static_cast<Method>(value[3])};
}

Counts read_direct_measurement(std::span<const std::byte> value) noexcept {
    return {read_at<std::uint32_t>(value, 0), read_at<std::uint32_t>(value, 4),
            read_at<std::uint32_t>(value, 8)};
}

FollowUp read_follow_up(std::span<const std::byte> value) noexcept {
    return {read_at<std::uint32_t>(value, 0), read_at<std::uint64_t>(value, 4),
            static_cast<Method>(value[12])};
}

std::optional<Endpoint> read_source(std::span<const std::byte> value) noexcept {
    std::array<std::byte, location_bytes> copy{};  // next_extension() takes what can be changed
    if (value.size() < ports_bytes || value.size() > copy.size())
        return std::nullopt;
    std::ranges::copy(value, copy.begin());
    auto rest = std::span(copy).first(value.size()).subspan(ports_bytes);
    while (const auto part = next_extension(rest)) {
        if (!part->whole || part->flags != 0 || part->value.size() != address_bytes)
            continue;
        const auto port = read_at<std::uint16_t>(value, 2);
        if (part->type == source_ipv4)
            return endpoint_v4(part->value.first(4), port);
        if (part->type == source_ipv6)
            return endpoint_v6(part->value, port);
    }
    return std::nullopt;
}

void write_hmac(std::span<const std::byte> packet, Mode mode, std::span<std::byte> into,
                const HmacKey& key, std::uint8_t flags) noexcept {
    const auto digest = key.digest(sequence_in(packet), covered(packet, mode, into.data()));
    write_header(flags, hmac, digest_bytes, into);
    std::ranges::copy(digest, into.subspan(extension_header_bytes).begin());
}

bool are_extensions_signed(std::span<std::byte> packet, Mode mode, const HmacKey& key) noexcept {
    auto rest = packet.subspan(size_of(mode));
    bool any = false;
    bool is_signed = false;
    while (const auto extension = next_extension(rest)) {
        if (extension->whole && extension->type == extra_padding)
            continue;
        if (is_signed || !extension->whole)
            return false;  // it has to be the last one
        any = true;
        if (extension->type != hmac)
            continue;
        is_signed = key.verifies(extension->value, sequence_in(packet),
                                 covered(packet, mode, extension->header.data()));
        if (!is_signed)
            return false;
    }
    return is_signed || !any;
}

Reflected reflect_extensions(std::span<std::byte> packet, Mode mode,
                             const Reflection& reflection) noexcept {
    Reflected reflected;
    auto rest = packet.subspan(size_of(mode));
    if (reflection.key != nullptr && !are_extensions_signed(packet, mode, *reflection.key)) {
        mark_all(rest, reflection.key);
        return reflected;
    }
    while (const auto extension = next_extension(rest)) {
        const unsigned unknown = is_known(extension->type, reflection.key) ? 0 : unrecognized;
        // The sender's flags are overwritten: they carry no information for a reflector.
        set_flags(*extension, unknown | (fits(*extension, reflection.key) ? 0 : malformed));
        if (!fits(*extension, reflection.key))
            break;
        bool is_sound = true;
        switch (extension->type) {
            case location: is_sound = answer_location(extension->value, reflection); break;
            case timestamp_information: answer_timestamps(extension->value, reflection); break;
            case class_of_service:
                reflected.wanted_dscp = answer_service(*extension, reflection);
                set_flags(*extension, 0);
                break;
            case direct_measurement: answer_counts(extension->value, reflection.counts); break;
            case follow_up_telemetry:
                answer_follow_up(extension->value, reflection.last.value_or(FollowUp()));
                break;
            case hmac:
                if (reflection.key != nullptr)
                    reflected.hmac = std::span(extension->header.data(), hmac_extension_bytes);
                break;
            default: break;
        }
        if (!is_sound) {
            set_flags(*extension, malformed);
            break;
        }
    }
    return reflected;
}

}  // namespace sockbox::net::stamp
