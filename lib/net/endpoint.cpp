// Endpoints, stored as sockaddr_in or sockaddr_in6.
#include "net/endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "net/interfaces.h"
#include "system/hint.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::net {
namespace {

std::string_view view(const std::span<const std::byte> bytes) {
    // char may alias any object ([basic.lval]).
    return {static_cast<const char*>(static_cast<const void*>(bytes.data())), bytes.size()};
}

std::uint32_t host_order_v4(const sockaddr_in& address) {
    return ntohl(address.sin_addr.s_addr);
}

// The interface index of a zone: the name of an interface, or its index in decimal.
Result<std::uint32_t> parse_zone(std::string_view zone) {
    const std::string name(zone);
    if (const unsigned index = zone.empty() ? 0 : if_nametoindex(name.c_str()); index != 0)
        return index;
    const auto number = parse_integer(zone, 1, 0xffffffff);
    std::array<char, IF_NAMESIZE> found{};
    if (!number || !if_indextoname(static_cast<unsigned>(*number), found.data()))
        return fail_text(fmt::format("no interface '{}' on this machine", escape(zone)));
    return static_cast<std::uint32_t>(*number);
}

// The groups of an IPv6 address (RFC 5952, section 4): without leading zeros, and "::" for the
// longest run of at least two zero groups, the first of equal ones.
std::string groups_to_text(std::span<const std::uint16_t> groups) {
    std::size_t begin = groups.size();
    std::size_t length = 1;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const auto run = groups.subspan(i);
        const auto zeros = static_cast<std::size_t>(
            std::ranges::find_if(run, [](std::uint16_t group) { return group != 0; }) -
            run.begin());
        if (zeros > length) {
            begin = i;
            length = zeros;
        }
    }
    std::string text;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        if (i == begin) {
            text += "::";
            i += length - 1;
        } else {
            const bool separate = !text.empty() && !text.ends_with(':');
            text += fmt::format("{}{:x}", separate ? ":" : "", groups[i]);
        }
    }
    return text;
}

// Whether the last four bytes are an IPv4 address that is shown as such (RFC 5952, section 5): with
// the prefixes ::ffff:0:0/96 (mapped, RFC 4291) and 64:ff9b::/96 (translated, RFC 6052).
bool embeds_ipv4(std::span<const std::uint16_t> groups) {
    constexpr std::array<std::uint16_t, 6> mapped{0, 0, 0, 0, 0, 0xffff};
    constexpr std::array<std::uint16_t, 6> translated{0x64, 0xff9b, 0, 0, 0, 0};
    const auto prefix = groups.first(6);
    return std::ranges::equal(prefix, mapped) || std::ranges::equal(prefix, translated);
}

// fmt::format() would take several times as long, and listings have thousands of addresses.
std::string ipv4_to_text(std::span<const std::byte> bytes) {
    std::string text;
    for (const std::byte part : bytes.first(4)) {
        if (!text.empty())
            text += '.';
        text += std::to_string(std::to_integer<unsigned>(part));
    }
    return text;
}

std::string ipv6_to_text(std::span<const std::byte> bytes) {
    std::array<std::uint16_t, 8> groups{};
    for (std::size_t i = 0; i < groups.size(); ++i)
        groups[i] = static_cast<std::uint16_t>(std::to_integer<int>(bytes[2 * i]) << 8 |
                                               std::to_integer<int>(bytes[2 * i + 1]));
    if (!embeds_ipv4(groups))
        return groups_to_text(groups);
    const std::string prefix = groups_to_text(std::span(groups).first(6));
    return prefix + (prefix.ends_with(':') ? "" : ":") + ipv4_to_text(bytes.subspan(12));
}

tl::unexpected<Error> not_an_address(std::string_view text) {
    return fail_text(fmt::format("'{}' is not an IPv4 or IPv6 address", escape(text)));
}

// Whether a port follows the host. Host names contain no colon, and IPv6 addresses more than one.
bool names_port(std::string_view text) noexcept {
    if (text.front() == '[')
        return text.find("]:") != text.npos;
    const std::size_t colon = text.find(':');
    return colon != 0 && colon != text.npos && colon + 1 < text.size() &&
           text.find_first_not_of("0123456789", colon + 1) == text.npos;
}

}  // namespace

int native_family(Family family) noexcept {
    switch (family) {
        case Family::ipv4: return AF_INET;
        case Family::ipv6: return AF_INET6;
        case Family::any: break;
    }
    return AF_UNSPEC;
}

std::string_view family_name(Family family) noexcept {
    switch (family) {
        case Family::ipv4: return "IPv4";
        case Family::ipv6: return "IPv6";
        case Family::any: break;
    }
    return "any";
}

Result<Endpoint> Endpoint::parse(std::string_view address, std::uint16_t port) {
    std::string_view text = address;
    const bool bracketed = text.starts_with('[') && text.ends_with(']');
    if (bracketed)
        text = text.substr(1, text.size() - 2);
    if (text.find('\0') != text.npos)
        return not_an_address(address);
    const std::size_t percent = text.find('%');
    const std::string host(text.substr(0, percent));
    Endpoint endpoint;
    if (!bracketed && percent == text.npos &&
        inet_pton(AF_INET, host.c_str(), &endpoint.storage_.v4.sin_addr) == 1)
        return endpoint.with_port(port);
    endpoint = any(Family::ipv6);
    if (inet_pton(AF_INET6, host.c_str(), &endpoint.storage_.v6.sin6_addr) != 1)
        return not_an_address(address);
    if (percent != text.npos) {
        const auto zone = parse_zone(text.substr(percent + 1));
        if (!zone)
            return fail(zone.error());
        endpoint.storage_.v6.sin6_scope_id = *zone;
    }
    return endpoint.with_port(port);
}

Endpoint Endpoint::any(Family family, std::uint16_t port) noexcept {
    Endpoint endpoint;
    if (family == Family::ipv6)
        endpoint.storage_.v6.sin6_family = AF_INET6;
    return endpoint.with_port(port);
}

Endpoint Endpoint::loopback(Family family, std::uint16_t port) noexcept {
    Endpoint endpoint = any(family, port);
    if (family == Family::ipv6)
        endpoint.storage_.v6.sin6_addr.s6_addr[15] = 1;
    else
        endpoint.storage_.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return endpoint;
}

Result<Endpoint> Endpoint::from_native(const sockaddr* address, SocketLength length) {
    Endpoint endpoint;
    const auto size = static_cast<std::size_t>(length);
    const bool v4 = size >= sizeof(sockaddr_in) && address->sa_family == AF_INET;
    const bool v6 = size >= sizeof(sockaddr_in6) && address->sa_family == AF_INET6;
    if (!v4 && !v6)
        return fail({platform::error_of(std::errc::address_family_not_supported),
                     "read address",
                     {},
                     {},
                     {}});
    std::memcpy(&endpoint.storage_, address, v4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    return endpoint;
}

std::uint32_t Endpoint::scope_id() const noexcept {
    return family() == Family::ipv6 ? static_cast<std::uint32_t>(storage_.v6.sin6_scope_id) : 0;
}

std::uint32_t Endpoint::flow_info() const noexcept {
    return family() == Family::ipv6 ? ntohl(static_cast<std::uint32_t>(storage_.v6.sin6_flowinfo))
                                    : 0;
}

Endpoint Endpoint::with_port(std::uint16_t port) const noexcept {
    Endpoint changed = *this;
    if (family() == Family::ipv6)
        changed.storage_.v6.sin6_port = htons(port);
    else
        changed.storage_.v4.sin_port = htons(port);
    return changed;
}

Endpoint Endpoint::unmapped() const noexcept {
    if (!is_v4_mapped())
        return *this;
    Endpoint v4;
    std::memcpy(&v4.storage_.v4.sin_addr, &storage_.v6.sin6_addr.s6_addr[12], 4);
    return v4.with_port(port());
}

Endpoint Endpoint::mapped() const noexcept {
    if (family() == Family::ipv6)
        return *this;
    Endpoint v6 = any(Family::ipv6, port());
    v6.storage_.v6.sin6_addr.s6_addr[10] = 0xff;
    v6.storage_.v6.sin6_addr.s6_addr[11] = 0xff;
    std::memcpy(&v6.storage_.v6.sin6_addr.s6_addr[12], &storage_.v4.sin_addr, 4);
    return v6;
}

bool Endpoint::is_unspecified() const noexcept {
    const Endpoint plain = unmapped();
    if (plain.family() == Family::ipv4)
        return plain.storage_.v4.sin_addr.s_addr == INADDR_ANY;
    return IN6_IS_ADDR_UNSPECIFIED(&plain.storage_.v6.sin6_addr);
}

bool Endpoint::is_loopback() const noexcept {
    const Endpoint plain = unmapped();
    if (plain.family() == Family::ipv4)
        return host_order_v4(plain.storage_.v4) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&storage_.v6.sin6_addr);
}

bool Endpoint::is_multicast() const noexcept {
    const Endpoint plain = unmapped();
    if (plain.family() == Family::ipv4)
        return host_order_v4(plain.storage_.v4) >> 28 == 0xe;
    return IN6_IS_ADDR_MULTICAST(&storage_.v6.sin6_addr);
}

bool Endpoint::is_link_local() const noexcept {
    const Endpoint plain = unmapped();
    if (plain.family() == Family::ipv4)
        return host_order_v4(plain.storage_.v4) >> 16 == 0xa9fe;
    return IN6_IS_ADDR_LINKLOCAL(&storage_.v6.sin6_addr);
}

bool Endpoint::is_unicast() const noexcept {
    const Endpoint plain = unmapped();
    if (plain.family() == Family::ipv6)
        return !plain.is_multicast() && !plain.is_unspecified();
    const std::uint32_t address = host_order_v4(plain.storage_.v4);
    const bool this_network = address >> 24 == 0;  // includes 0.0.0.0
    // Includes 255.255.255.255.
    const bool multicast_or_class_e = address >> 28 >= 0xe;
    return !this_network && !multicast_or_class_e && address != 0x7fffffff;
}

bool Endpoint::uses_zone() const noexcept {
    if (family() != Family::ipv6)
        return false;
    const in6_addr& address = storage_.v6.sin6_addr;
    return IN6_IS_ADDR_LINKLOCAL(&address) || IN6_IS_ADDR_MC_LINKLOCAL(&address) ||
           IN6_IS_ADDR_MC_NODELOCAL(&address);
}

Endpoint Endpoint::without_zone() const noexcept {
    Endpoint changed = *this;
    if (family() == Family::ipv6)
        changed.storage_.v6.sin6_scope_id = 0;
    return changed;
}

std::string Endpoint::address() const {
    if (family() == Family::ipv4)
        return ipv4_to_text(bytes());
    std::string text = ipv6_to_text(bytes());
    if (scope_id() != 0 && uses_zone()) {
        const std::string name = interface_name(scope_id());
        text += '%' + (name.empty() ? std::to_string(scope_id()) : name);
    }
    return text;
}

std::string Endpoint::to_string() const {
    std::string text = address();
    if (family() == Family::ipv6)
        text.insert(0, 1, '[').append(1, ']');
    text += ':';
    text += std::to_string(port());
    return text;
}

std::span<const std::byte> Endpoint::bytes() const noexcept {
    if (family() == Family::ipv6)
        return std::as_bytes(std::span(storage_.v6.sin6_addr.s6_addr));
    return std::as_bytes(std::span(&storage_.v4.sin_addr, 1));
}

bool operator==(const Endpoint& a, const Endpoint& b) noexcept {
    const bool same =
        a.family() == b.family() && a.port() == b.port() && view(a.bytes()) == view(b.bytes());
    return same && (a.scope_id() == b.scope_id() || !a.uses_zone());
}

std::string zone_hint(const Endpoint& endpoint) {
    const bool lacks =
        endpoint.family() == Family::ipv6 && endpoint.is_link_local() && endpoint.scope_id() == 0;
    return lacks ? hint(Hint::no_zone, {endpoint.address()}) : std::string();
}

Result<HostPort> split_host_port(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == text.npos || colon + 1 == text.size() || text.ends_with(']'))
        return fail_text(fmt::format("'{}' has no port: expected HOST:PORT", escape(text)));
    const std::string_view host = text.substr(0, colon);
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (!bracketed && host.find(':') != host.npos)
        return fail_text(
            fmt::format("'{}' is ambiguous: an IPv6 address with a port is written [ADDRESS]:PORT",
                        escape(text)));
    if (host.empty())
        return HostPort{{}, std::string(text.substr(colon + 1))};
    auto checked = check_host(host);
    if (!checked)
        return fail(checked.error());
    return HostPort{std::move(*checked), std::string(text.substr(colon + 1))};
}

Result<HostPort> split_listen_address(std::string_view text) {
    return text.find(':') == text.npos ? split_host_port(":" + std::string(text))
                                       : split_host_port(text);
}

Result<std::string> check_host(std::string_view text) {
    if (text.empty())
        return fail_text("the host is empty");
    if (text.find('\0') != text.npos)
        return fail_text("the host contains a NUL byte");
    if (names_port(text))
        return fail_text(
            fmt::format("'{}' is a host and a port: expected only a host", escape(text)));
    // Other brackets are left to the resolver, which knows no such name.
    const bool bracketed =
        text.front() == '[' || text.back() == ']' || text.find("]:") != text.npos;
    if (!bracketed) {
        // A numeric address with a zone is checked here, because resolvers differ.
        if (text.find(':') != text.npos && text.find('%') != text.npos)
            if (const auto endpoint = Endpoint::parse(text); !endpoint)
                return fail(endpoint.error());
        return std::string(text);
    }
    const bool paired = text.size() > 2 && text.front() == '[' && text.back() == ']' &&
                        text.find('[', 1) == text.npos && text.find(']') == text.size() - 1;
    if (!paired)
        return fail_text(fmt::format("'{}' has unbalanced brackets", escape(text)));
    const auto endpoint = Endpoint::parse(text);
    if (!endpoint && text.find(':') == text.npos)
        return fail_text(fmt::format("'{}' is not an IPv6 address in brackets", escape(text)));
    if (!endpoint)
        return fail(endpoint.error());
    return std::string(text.substr(1, text.size() - 2));
}

}  // namespace sockbox::net

std::size_t std::hash<sockbox::net::Endpoint>::operator()(
    const sockbox::net::Endpoint& endpoint) const noexcept {
    const std::size_t address = std::hash<std::string_view>()(sockbox::net::view(endpoint.bytes()));
    const std::size_t zone = endpoint.uses_zone() ? endpoint.scope_id() : 0;
    return address * 31 + endpoint.port() + (zone << 20);
}
