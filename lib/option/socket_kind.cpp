// Names of socket kinds, and the options that apply to each.
#include "option/socket_kind.h"

#include <fmt/format.h>

#include <array>

namespace sockbox::net {
namespace {

struct Named {
    int number;
    std::string_view name;
};

// Address families that Windows does not have, by their numbers on Linux.
constexpr int netlink = 16;
constexpr int packet = 17;

// Display names; rows/symbols.h has the symbols.
constexpr auto families = std::to_array<Named>({{AF_UNIX, "UNIX"},
                                                {AF_INET, "IPv4"},
                                                {AF_INET6, "IPv6"},
                                                {netlink, "netlink"},
                                                {packet, "packet"},
                                                {29, "can"},
                                                {31, "bluetooth"},
                                                {38, "alg"},
                                                {40, "vsock"},
                                                {44, "xdp"}});
constexpr auto types = std::to_array<Named>({{SOCK_STREAM, "stream"},
                                             {SOCK_DGRAM, "dgram"},
                                             {SOCK_RAW, "raw"},
                                             {SOCK_RDM, "rdm"},
                                             {SOCK_SEQPACKET, "seqpacket"}});
constexpr auto protocols = std::to_array<Named>({{1, "icmp"},
                                                 {6, "tcp"},
                                                 {17, "udp"},
                                                 {58, "icmpv6"},
                                                 {132, "sctp"},
                                                 {136, "udplite"},
                                                 {255, "raw"},
                                                 {262, "mptcp"}});

template <std::size_t size>
std::string name_in(const std::array<Named, size>& names, int number) {
    for (const Named& named : names)
        if (named.number == number)
            return std::string(named.name);
    return fmt::format("{}", number);
}

SocketKinds bits_of(const SocketKind& kind) {
    if (kind.family == AF_UNIX)
        return kind_unix;
    if (kind.family == netlink)
        return kind_netlink;
    if (kind.family == packet)
        return kind_packet;
    if (!is_inet(kind))
        return kind_other;
    if (kind.type == SOCK_STREAM)
        return kind_tcp;
    // This includes ping sockets (SOCK_DGRAM with IPPROTO_ICMP, icmp(7)).
    return kind.type == SOCK_DGRAM ? kind_udp : kind_raw;
}

}  // namespace

bool is_inet(const SocketKind& kind) {
    return kind.family == AF_INET || kind.family == AF_INET6;
}

std::string family_to_text(const SocketKind& kind) {
    return name_in(families, kind.family);
}

std::string type_to_text(const SocketKind& kind) {
    return name_in(types, kind.type);
}

std::string protocol_to_text(const SocketKind& kind) {
    return is_inet(kind) ? name_in(protocols, kind.protocol) : fmt::format("{}", kind.protocol);
}

std::string to_text(const SocketKind& kind) {
    if (!is_inet(kind))
        return fmt::format("{} {}", family_to_text(kind), type_to_text(kind));
    std::string protocol = protocol_to_text(kind);
    for (char& c : protocol)
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return fmt::format("{}/{}", protocol, family_to_text(kind));
}

bool applies(const OptionRow& row, const SocketKind& kind) {
    constexpr int tcp = 6;
    constexpr int udp = 17;
    constexpr int udplite = 136;
    constexpr int mptcp = 262;
    if ((row.sockets & bits_of(kind)) == 0)
        return false;
    switch (row.level) {
        case OptionLevel::socket: return true;
        case OptionLevel::ip: return is_inet(kind);
        case OptionLevel::ipv6: return kind.family == AF_INET6;
        case OptionLevel::tcp:
            return is_inet(kind) && (kind.protocol == tcp || kind.protocol == mptcp);
        case OptionLevel::udp: return is_inet(kind) && kind.protocol == udp;
        case OptionLevel::udplite: return is_inet(kind) && kind.protocol == udplite;
        case OptionLevel::raw: return is_inet(kind) && kind.type == SOCK_RAW;
    }
    return false;
}

}  // namespace sockbox::net
