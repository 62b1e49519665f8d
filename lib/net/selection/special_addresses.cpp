// The special-purpose address registries as a table.
#include "net/selection/special_addresses.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>

#include "net/selection/prefix_table.h"

namespace sockbox::net {
namespace {

// Where an IPv4 address is in an IPv6 address.
enum class Embedded : std::uint8_t { nowhere, nat64, mapped, six_to_four, teredo };

struct SpecialRow {
    std::string_view prefix;
    std::string_view purpose;
    Embedded embedded = Embedded::nowhere;
};

constexpr std::array special_rows{
    // https://www.iana.org/assignments/iana-ipv4-special-registry
    SpecialRow{"0.0.0.0/8", "this network"},
    SpecialRow{"0.0.0.0/32", "unspecified"},
    SpecialRow{"10.0.0.0/8", "private"},
    SpecialRow{"100.64.0.0/10", "CGNAT, shared address space"},
    SpecialRow{"127.0.0.0/8", "loopback"},
    SpecialRow{"169.254.0.0/16", "link-local"},
    SpecialRow{"172.16.0.0/12", "private"},
    SpecialRow{"192.0.0.0/24", "IETF protocol assignments"},
    SpecialRow{"192.0.0.0/29", "DS-Lite"},
    SpecialRow{"192.0.0.8/32", "dummy address of IPv4"},
    SpecialRow{"192.0.0.9/32", "Port Control Protocol anycast"},
    SpecialRow{"192.0.0.10/32", "TURN anycast"},
    SpecialRow{"192.0.0.170/32", "discovery of NAT64"},
    SpecialRow{"192.0.0.171/32", "discovery of NAT64"},
    SpecialRow{"192.0.2.0/24", "documentation"},
    SpecialRow{"192.31.196.0/24", "AS112"},
    SpecialRow{"192.52.193.0/24", "AMT"},
    SpecialRow{"192.88.99.0/24", "6to4 relay anycast, deprecated"},
    SpecialRow{"192.168.0.0/16", "private"},
    SpecialRow{"192.175.48.0/24", "AS112"},
    SpecialRow{"198.18.0.0/15", "benchmarking"},
    SpecialRow{"198.51.100.0/24", "documentation"},
    SpecialRow{"203.0.113.0/24", "documentation"},
    SpecialRow{"224.0.0.0/4", "multicast"},
    SpecialRow{"240.0.0.0/4", "reserved"},
    SpecialRow{"255.255.255.255/32", "limited broadcast"},
    // https://www.iana.org/assignments/iana-ipv6-special-registry
    SpecialRow{"::/128", "unspecified"},
    SpecialRow{"::1/128", "loopback"},
    SpecialRow{"::/96", "IPv4-compatible, deprecated"},
    SpecialRow{"::ffff:0:0/96", "IPv4-mapped", Embedded::mapped},
    SpecialRow{"64:ff9b::/96", "NAT64", Embedded::nat64},
    SpecialRow{"64:ff9b:1::/48", "NAT64 of this network"},
    SpecialRow{"100::/64", "discard-only"},
    SpecialRow{"100:0:0:1::/64", "dummy prefix of IPv6"},
    SpecialRow{"2001::/23", "IETF protocol assignments"},
    SpecialRow{"2001::/32", "Teredo", Embedded::teredo},
    SpecialRow{"2001:1::1/128", "Port Control Protocol anycast"},
    SpecialRow{"2001:1::2/128", "TURN anycast"},
    SpecialRow{"2001:1::3/128", "DNS-SD service registration anycast"},
    SpecialRow{"2001:2::/48", "benchmarking"},
    SpecialRow{"2001:3::/32", "AMT"},
    SpecialRow{"2001:4:112::/48", "AS112"},
    SpecialRow{"2001:10::/28", "ORCHID, deprecated"},
    SpecialRow{"2001:20::/28", "ORCHIDv2, a cryptographic identifier"},
    SpecialRow{"2001:30::/28", "remote identification of drones"},
    SpecialRow{"2001:db8::/32", "documentation"},
    SpecialRow{"2002::/16", "6to4", Embedded::six_to_four},
    SpecialRow{"2620:4f:8000::/48", "AS112"},
    SpecialRow{"3fff::/20", "documentation"},
    SpecialRow{"5f00::/16", "segment routing"},
    SpecialRow{"fc00::/7", "ULA, unique local"},
    SpecialRow{"fe80::/10", "link-local"},
    SpecialRow{"fec0::/10", "site-local, deprecated"},
    SpecialRow{"ff00::/8", "multicast"},
};

// Apart, because an IPv4 address is not a v4-mapped one.
struct SpecialTables {
    PrefixTable ipv4;  // the values are indices of rows
    PrefixTable ipv6;

    SpecialTables() {
        for (std::size_t i = 0; i < special_rows.size(); ++i) {
            const std::string_view text = special_rows[i].prefix;
            PrefixTable& table = text.find(':') == text.npos ? ipv4 : ipv6;
            table.add(*parse_prefix(text), static_cast<int>(i));
        }
    }
};

// The IPv4 address in four bytes of an address, which Teredo inverts for a client.
std::string ipv4_at(const Endpoint& address, std::size_t place, std::byte inverted = {}) {
    const auto part = [&](std::size_t i) {
        return std::to_integer<int>(address.bytes()[place + i] ^ inverted);
    };
    return fmt::format("{}.{}.{}.{}", part(0), part(1), part(2), part(3));
}

std::string to_text(Embedded embedded, const Endpoint& address) {
    switch (embedded) {
        case Embedded::nat64: return ", for " + ipv4_at(address, 12);
        case Embedded::mapped: return ", for " + ipv4_at(address, 12);
        case Embedded::six_to_four: return ", router " + ipv4_at(address, 2);
        case Embedded::teredo:  // RFC 4380, section 4
            return fmt::format(", server {}, client {}", ipv4_at(address, 4),
                               ipv4_at(address, 12, std::byte{0xff}));
        case Embedded::nowhere: break;
    }
    return {};
}

}  // namespace

std::string special_purpose(const Endpoint& address) {
    static const SpecialTables tables;
    const bool ipv4 = address.family() == Family::ipv4;
    const auto found = (ipv4 ? tables.ipv4 : tables.ipv6).find(address);
    if (!found)
        return {};
    const SpecialRow& row = special_rows[static_cast<std::size_t>(*found)];
    return fmt::format("{} ({}){}", row.purpose, row.prefix, to_text(row.embedded, address));
}

}  // namespace sockbox::net
