// Joins the rows of all levels into one table, checks it at compile time, and finds rows by name.
#include "option/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "option/rows/alg.h"
#include "option/rows/dccp.h"
#include "option/rows/ip.h"
#include "option/rows/ipv6.h"
#include "option/rows/mptcp.h"
#include "option/rows/netlink.h"
#include "option/rows/packed_rows.h"
#include "option/rows/packet.h"
#include "option/rows/sctp.h"
#include "option/rows/socket.h"
#include "option/rows/tcp.h"
#include "option/rows/tls.h"
#include "option/rows/udp.h"
#include "option/rows/vsock.h"
#include "option/rows/winsock.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::net {
namespace {

using namespace option_rows;

template <std::size_t size>
constexpr std::array<OptionRow, size> at_level(OptionLevel level,
                                               std::array<OptionRow, size> rows) {
    for (OptionRow& row : rows)
        row.level = level;
    return rows;
}

template <std::size_t... sizes>
constexpr auto joined(const std::array<OptionRow, sizes>&... parts) {
    std::array<OptionRow, (sizes + ...)> all{};
    std::size_t next = 0;
    const auto append = [&](const auto& part) {
        for (const OptionRow& row : part)
            all[next++] = row;
    };
    (append(parts), ...);
    return all;
}

constexpr auto table = joined(
    at_level(OptionLevel::socket, socket_rows), at_level(OptionLevel::socket, filter_rows),
    at_level(OptionLevel::socket, peer_rows), at_level(OptionLevel::socket, winsock_socket_rows),
    at_level(OptionLevel::tcp, tcp_rows), at_level(OptionLevel::tcp, winsock_tcp_rows),
    at_level(OptionLevel::ip, ip_rows), at_level(OptionLevel::ip, winsock_ip_rows),
    at_level(OptionLevel::ipv6, ipv6_rows), at_level(OptionLevel::ipv6, winsock_ipv6_rows),
    at_level(OptionLevel::udp, udp_rows), at_level(OptionLevel::udp, winsock_udp_rows),
    at_level(OptionLevel::udplite, udplite_rows), at_level(OptionLevel::raw, raw_rows),
    at_level(OptionLevel::icmpv6, icmpv6_rows), at_level(OptionLevel::tls, tls_rows),
    at_level(OptionLevel::mptcp, mptcp_rows), at_level(OptionLevel::sctp, sctp_rows),
    at_level(OptionLevel::dccp, dccp_rows), at_level(OptionLevel::packet, packet_rows),
    at_level(OptionLevel::netlink, netlink_rows), at_level(OptionLevel::vsock, vsock_rows),
    at_level(OptionLevel::alg, alg_rows));

constexpr bool well_formed(const Member& member, std::size_t size) {
    const bool numeric = member.size == 1 || member.size == 2 || member.size == 4 ||
                         (member.size == 8 && member.form != MemberForm::big_endian);
    const bool sized = member.form == MemberForm::endpoint ? member.size == 128 : numeric;
    return !member.name.empty() && sized && member.offset + member.size <= size;
}

constexpr bool well_formed(const OptionRow& row) {
    const bool named = row.name.find('_') != row.name.npos;
    const bool exists = row.on_linux != absent || row.on_windows != absent;
    const bool told = row.summary.ends_with('.') && !row.source.empty() && row.sockets != 0;
    const bool ranged =
        row.range.low <= row.range.high && (row.width == 2 || row.width == 4 || row.width == 8);
    const bool needs_names = row.type == ValueType::choice || row.type == ValueType::mask;
    for (const Member& member : row.members)
        if (!well_formed(member, row.size))
            return false;
    const bool structured = (row.type == ValueType::structure) == !row.members.empty();
    return named && exists && told && ranged && structured && (!needs_names || !row.names.empty());
}

constexpr bool same_number(int a, int b) {
    return a != absent && a == b;
}

// Whether two rows have the same name, or the same number at one level on one platform.
constexpr bool clash(const OptionRow& a, const OptionRow& b) {
    const bool numbers = a.level == b.level && (same_number(a.on_linux, b.on_linux) ||
                                                same_number(a.on_windows, b.on_windows));
    return numbers || (a.name.size() == b.name.size() && a.name == b.name);
}

constexpr bool is_sound(std::size_t index) {
    for (std::size_t later = index + 1; later < table.size(); ++later)
        if (clash(table[index], table[later]))
            return false;
    return well_formed(table[index]);
}

// Each row is an evaluation of its own: all together exceed the compilers' limits.
template <std::size_t... index>
constexpr bool all_sound(std::index_sequence<index...>) {
    for (const bool sound : {std::bool_constant<is_sound(index)>::value...})
        if (!sound)
            return false;
    return true;
}

static_assert(
    all_sound(std::make_index_sequence<table.size()>()),
    "a row has no description, source or names, an invalid range, width or member, or the "
    "name or number of another row");
static_assert(table.size() >= 450);

struct Level {
    std::string_view name;
    int on_linux;
};
// Indexed by OptionLevel.
constexpr std::array<Level, 16> levels{{{"SOL_SOCKET", 1},
                                        {"IPPROTO_IP", 0},
                                        {"IPPROTO_IPV6", 41},
                                        {"IPPROTO_TCP", 6},
                                        {"IPPROTO_UDP", 17},
                                        {"IPPROTO_UDPLITE", 136},
                                        {"SOL_RAW", 255},
                                        {"IPPROTO_ICMPV6", 58},
                                        {"SOL_TLS", 282},
                                        {"SOL_MPTCP", 284},
                                        {"IPPROTO_SCTP", 132},
                                        {"SOL_DCCP", 269},
                                        {"SOL_PACKET", 263},
                                        {"SOL_NETLINK", 270},
                                        {"AF_VSOCK", 40},
                                        {"SOL_ALG", 279}}};

constexpr std::array<std::string_view, 27> type_names{
    "flag",          "integer",     "choice",       "mask",       "time",       "linger",
    "text",          "address",     "interface",    "interface",  "port range", "membership",
    "membership",    "membership",  "membership",   "membership", "address",    "address",
    "addresses",     "credentials", "groups",       "numbers",    "TCP info",   "subflows",
    "path MTU info", "structure",   "packet filter"};

struct Alias {
    std::string_view other;
    std::string_view name;
};
constexpr auto aliases =
    std::to_array<Alias>({{"IPV6_ADD_MEMBERSHIP", "IPV6_JOIN_GROUP"},
                          {"IPV6_DROP_MEMBERSHIP", "IPV6_LEAVE_GROUP"},
                          {"IP_RECVRETOPTS", "IP_RETOPTS"},
                          {"IP_ORIGDSTADDR", "IP_RECVORIGDSTADDR"},
                          {"IPV6_ORIGDSTADDR", "IPV6_RECVORIGDSTADDR"},
                          {"TCP_CM_INQ", "TCP_INQ"},
                          {"TCP_KEEPALIVE", "TCP_KEEPIDLE"},
                          {"UDP_SEND_MSG_SIZE", "UDP_SEGMENT"},
                          {"SO_GET_FILTER", "SO_ATTACH_FILTER"},
                          {"SO_DETACH_BPF", "SO_DETACH_FILTER"},
                          {"SO_RCVTIMEO_OLD", "SO_RCVTIMEO"},
                          {"SO_SNDTIMEO_OLD", "SO_SNDTIMEO"},
                          {"SO_TIMESTAMP_OLD", "SO_TIMESTAMP"},
                          {"SO_TIMESTAMPNS_OLD", "SO_TIMESTAMPNS"},
                          {"SO_TIMESTAMPING_OLD", "SO_TIMESTAMPING"},
                          {"SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD", "SO_VM_SOCKETS_CONNECT_TIMEOUT"},
                          {"SCTP_DELAYED_ACK", "SCTP_DELAYED_SACK"},
                          {"SCTP_DELAYED_ACK_TIME", "SCTP_DELAYED_SACK"},
                          {"SCTP_EXPOSE_PF_STATE", "SCTP_EXPOSE_POTENTIALLY_FAILED_STATE"},
                          {"IPV6_RXHOPOPTS", "IPV6_HOPOPTS"},
                          {"IPV6_RXDSTOPTS", "IPV6_DSTOPTS"},
                          {"IP_RECVTCLASS", "IP_RECVTOS"},
                          {"IP_HOPLIMIT", "IP_RECVTTL"}});

std::string_view without_prefix(std::string_view name) {
    const std::size_t end = name.find('_');
    return end == name.npos ? name : name.substr(end + 1);
}

std::string_view own_name(std::string_view name) {
    for (const Alias& alias : aliases)
        if (equal_ignoring_case(alias.other, name))
            return alias.name;
    return name;
}

const OptionRow* row_named(std::string_view name) {
    for (const OptionRow& row : all_options())
        if (equal_ignoring_case(row.name, name))
            return &row;
    return nullptr;
}

// Whether a name without its prefix means this option rather than one that is not common: an option
// of another platform, or of a level that few sockets have.
bool is_common(const OptionRow& row) {
    return native_number(row) != absent && row.level <= OptionLevel::raw;
}

// Those that are common, or all if none is.
std::vector<const OptionRow*> rows_without_prefix(std::string_view name) {
    std::vector<const OptionRow*> found;
    for (const OptionRow& row : all_options())
        if (equal_ignoring_case(without_prefix(row.name), name))
            found.push_back(&row);
    if (std::ranges::any_of(found, [](const OptionRow* row) { return is_common(*row); }))
        std::erase_if(found, [](const OptionRow* row) { return !is_common(*row); });
    return found;
}

// The Damerau-Levenshtein distance (optimal string alignment): the number of letters to change,
// insert, delete or swap with the next.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> above(b.size() + 1);
    std::iota(above.begin(), above.end(), 0);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::vector<std::size_t> row(b.size() + 1, i);
        for (std::size_t k = 1; k <= b.size(); ++k) {
            const std::size_t change = above[k - 1] + (a[i - 1] == b[k - 1] ? 0 : 1);
            row[k] = std::min({change, above[k] + 1, row[k - 1] + 1});
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                row[k] = std::min(row[k], before[k - 2] + 1);
        }
        before = std::exchange(above, row);
    }
    return above[b.size()];
}

// The closest names; empty if none is close.
std::vector<std::string_view> similar_names(std::string_view name) {
    const std::string wanted = upper_case(name);
    std::size_t best = std::clamp<std::size_t>(wanted.size() / 3, 1, 3);
    std::vector<std::string_view> names;
    for (const OptionRow& row : all_options()) {
        const std::size_t apart =
            std::min(distance(wanted, row.name), distance(wanted, without_prefix(row.name)));
        if (apart > best)
            continue;
        if (apart < best)
            names.clear();
        best = apart;
        names.push_back(row.name);
    }
    return names;
}

tl::unexpected<Error> unknown_name(std::string_view name) {
    constexpr std::size_t longest_name = 64;  // over twice as long as any option's name
    std::string text = fmt::format("'{}' is not a socket option", escape(name));
    if (name.size() <= longest_name)
        if (const auto similar = similar_names(name); !similar.empty())
            text += fmt::format(": did you mean {}?", fmt::join(similar, " or "));
    return fail_text(text);
}

std::optional<int> parse_level(std::string_view text) {
    for (std::size_t i = 0; i < levels.size(); ++i)
        if (equal_ignoring_case(without_prefix(levels[i].name), without_prefix(text)))
            return native_level(static_cast<OptionLevel>(i));
    if (const auto number = parse_integer(text, 0, INT_MAX))
        return static_cast<int>(*number);
    return std::nullopt;
}

}  // namespace

std::span<const OptionRow> all_options() noexcept {
    static const auto rows = PackedRows<table>::unpacked();
    return rows;
}

std::string_view level_name(OptionLevel level) noexcept {
    return levels[static_cast<std::size_t>(level)].name;
}

int linux_level(OptionLevel level) noexcept {
    return levels[static_cast<std::size_t>(level)].on_linux;
}

std::string_view type_name(ValueType type) noexcept {
    return type == ValueType::bytes ? "bytes" : type_names[static_cast<std::size_t>(type)];
}

std::string_view access_name(Access access) noexcept {
    constexpr std::array<std::string_view, 5> names{"read, write", "read-only", "write-only",
                                                    "read-only, clears on read", "none"};
    return names[static_cast<std::size_t>(access)];
}

std::string_view platforms(const OptionRow& row) noexcept {
    if (row.on_windows == absent)
        return "Linux";
    return row.on_linux == absent ? "Windows" : "Linux, Windows";
}

Result<const OptionRow*> find_row(std::string_view name) {
    if (const OptionRow* row = row_named(own_name(name)))
        return row;
    const auto found = rows_without_prefix(name);
    if (found.size() == 1)
        return found.front();
    if (found.empty())
        return unknown_name(name);
    std::vector<std::string_view> names;
    for (const OptionRow* row : found)
        names.push_back(row->name);
    return fail_text(fmt::format("'{}' is ambiguous: {}", escape(name), fmt::join(names, " or ")));
}

std::optional<LevelAndNumber> parse_level_and_number(std::string_view name) {
    const std::size_t colon = name.find(':');
    if (colon == name.npos)
        return std::nullopt;
    const auto level = parse_level(name.substr(0, colon));
    const auto number = parse_integer(name.substr(colon + 1), 0, INT_MAX);
    if (!level || !number)
        return std::nullopt;
    return LevelAndNumber{*level, static_cast<int>(*number)};
}

const OptionRow* row_numbered(const LevelAndNumber& numbers) noexcept {
    for (const OptionRow& row : all_options())
        if (native_level(row.level) == numbers.level && native_number(row) == numbers.number)
            return &row;
    return nullptr;
}

}  // namespace sockbox::net
