// The rows of all levels in one table, and what the compiler demands of it.
#include "option/table.h"

#include <array>

#include "option/rows/filter.h"
#include "option/rows/ip.h"
#include "option/rows/ipv6.h"
#include "option/rows/peer.h"
#include "option/rows/socket.h"
#include "option/rows/tcp.h"
#include "option/rows/udp.h"
#include "option/rows/winsock.h"

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
    at_level(OptionLevel::udplite, udplite_rows), at_level(OptionLevel::raw, raw_rows));

// What is asked of a row alone.
constexpr bool well_formed(const OptionRow& row) {
    const bool named = row.name.find('_') != row.name.npos;
    const bool exists = row.on_linux != absent || row.on_windows != absent;
    const bool told = row.says.ends_with('.') && !row.source.empty() && row.sockets != 0;
    const bool ranged = row.range.low <= row.range.high && (row.width == 4 || row.width == 8);
    const bool needs_names = row.type == ValueType::choice || row.type == ValueType::mask;
    return named && exists && told && ranged && (!needs_names || !row.names.empty());
}

constexpr bool same_number(int a, int b) {
    return a != absent && a == b;
}

// What is asked of two rows.
constexpr bool clash(const OptionRow& a, const OptionRow& b) {
    const bool numbers = a.level == b.level && (same_number(a.on_linux, b.on_linux) ||
                                                same_number(a.on_windows, b.on_windows));
    return a.name == b.name || numbers;
}

constexpr bool all_well_formed() {
    for (const OptionRow& row : table)
        if (!well_formed(row))
            return false;
    return true;
}

constexpr bool all_different() {
    for (std::size_t i = 0; i < table.size(); ++i)
        for (std::size_t k = i + 1; k < table.size(); ++k)
            if (clash(table[i], table[k]))
                return false;
    return true;
}

static_assert(all_well_formed(), "a row lacks its sentence, its source, names or a sound range");
static_assert(all_different(), "two rows have the same name or number");
static_assert(table.size() >= 150);

struct Level {
    std::string_view name;
    int on_linux;
};
constexpr std::array<Level, 7> levels{{{"SOL_SOCKET", 1},
                                       {"IPPROTO_IP", 0},
                                       {"IPPROTO_IPV6", 41},
                                       {"IPPROTO_TCP", 6},
                                       {"IPPROTO_UDP", 17},
                                       {"IPPROTO_UDPLITE", 136},
                                       {"SOL_RAW", 255}}};

constexpr std::array<std::string_view, 20> type_names{
    "flag",        "integer",    "choice",        "mask",          "time",
    "linger",      "text",       "address",       "interface",     "interface",
    "port range",  "membership", "membership",    "credentials",   "groups",
    "memory info", "TCP info",   "path MTU info", "transmit time", "packet filter"};

}  // namespace

std::span<const OptionRow> all_options() noexcept {
    return table;
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
    constexpr std::array<std::string_view, 4> names{"read, write", "read-only", "write-only",
                                                    "read-only, clears on read"};
    return names[static_cast<std::size_t>(access)];
}

std::string_view platforms(const OptionRow& row) noexcept {
    if (row.on_windows == absent)
        return "Linux";
    return row.on_linux == absent ? "Windows" : "Linux, Windows";
}

}  // namespace sockbox::net
