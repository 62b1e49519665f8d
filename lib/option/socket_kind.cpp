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
constexpr int alg = 38;
constexpr int vsock = 40;
constexpr int smc = 43;  // which hands the options of TCP on

// Protocols, by their numbers in IP or, beyond 255, on Linux.
constexpr int icmp = 1;
constexpr int tcp = 6;
constexpr int udp = 17;
constexpr int dccp = 33;
constexpr int icmpv6 = 58;
constexpr int sctp = 132;
constexpr int udplite = 136;
constexpr int mptcp = 262;

// Display names; rows/symbols.h has the symbols.
constexpr auto families = std::to_array<Named>({{AF_UNIX, "UNIX"},
                                                {AF_INET, "IPv4"},
                                                {AF_INET6, "IPv6"},
                                                {netlink, "netlink"},
                                                {packet, "packet"},
                                                {29, "can"},
                                                {31, "bluetooth"},
                                                {alg, "alg"},
                                                {vsock, "vsock"},
                                                {44, "xdp"}});
constexpr auto types = std::to_array<Named>({{SOCK_STREAM, "stream"},
                                             {SOCK_DGRAM, "dgram"},
                                             {SOCK_RAW, "raw"},
                                             {SOCK_RDM, "rdm"},
                                             {SOCK_SEQPACKET, "seqpacket"}});
constexpr auto protocols = std::to_array<Named>({{icmp, "icmp"},
                                                 {tcp, "tcp"},
                                                 {udp, "udp"},
                                                 {dccp, "dccp"},
                                                 {icmpv6, "icmpv6"},
                                                 {sctp, "sctp"},
                                                 {udplite, "udplite"},
                                                 {255, "raw"},
                                                 {mptcp, "mptcp"}});

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
    if (kind.protocol == sctp || kind.protocol == dccp)
        return kind_sctp;
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

bool has_level(OptionLevel level, const SocketKind& kind) {
    const bool inet = is_inet(kind);
    switch (level) {
        case OptionLevel::socket: return true;
        case OptionLevel::ip: return inet;
        case OptionLevel::ipv6: return kind.family == AF_INET6;
        case OptionLevel::tcp:
            return kind.family == smc || (inet && (kind.protocol == tcp || kind.protocol == mptcp));
        case OptionLevel::udp: return inet && kind.protocol == udp;
        case OptionLevel::udplite: return inet && kind.protocol == udplite;
        case OptionLevel::raw:  // which has ICMP_FILTER only
            return kind.family == AF_INET && kind.type == SOCK_RAW && kind.protocol == icmp;
        case OptionLevel::icmpv6:
            return kind.family == AF_INET6 && kind.type == SOCK_RAW && kind.protocol == icmpv6;
        case OptionLevel::tls: return inet && kind.protocol == tcp;
        case OptionLevel::mptcp: return inet && kind.protocol == mptcp;
        case OptionLevel::sctp: return inet && kind.protocol == sctp;
        case OptionLevel::dccp: return inet && kind.protocol == dccp;
        case OptionLevel::packet: return kind.family == packet;
        case OptionLevel::netlink: return kind.family == netlink;
        case OptionLevel::vsock: return kind.family == vsock;
        case OptionLevel::alg: return kind.family == alg;
    }
    return false;
}

bool applies(const OptionRow& row, const SocketKind& kind) {
    return (row.sockets & bits_of(kind)) != 0 && has_level(row.level, kind);
}

}  // namespace sockbox::net
