// What the table of socket options says about each: one row, from which listing, reading, parsing,
// printing and explaining come.
#pragma once

#include <climits>
#include <cstdint>
#include <span>
#include <string_view>

namespace sockbox::net {

enum class OptionLevel : std::uint8_t { socket, ip, ipv6, tcp, udp, udplite, raw };

// What the bytes of an option mean, and so how it is written on a command line.
enum class ValueType : std::uint8_t {
    flag,                // on or off
    integer,             // a number with a unit; `names` may name special ones
    choice,              // one of `names`; other numbers of the range are let through
    mask,                // any of `names`, joined by '|'
    duration,            // timeval on Linux, DWORD of milliseconds on Windows
    linger,              // off, or on with seconds
    text,                // a short string
    address,             // in_addr
    interface_index,     // an interface's index; 0 is none
    interface_index_be,  // the same in network order
    port_range,          // two ports in one u32
    membership4,         // GROUP[,INTERFACE] as ip_mreqn
    membership6,         // GROUP[,INTERFACE] as ipv6_mreq
    credentials,         // ucred
    groups,              // a list of group ids
    memory,              // the counters of SO_MEMINFO
    tcp_info,            // struct tcp_info, as long as the kernel's is
    path_mtu,            // ip6_mtuinfo
    transmit_time,       // sock_txtime
    filter,              // a classic BPF program
    bytes,               // anything else, in hexadecimal
};

enum class Access : std::uint8_t {
    read_write,
    read_only,
    write_only,
    clears_on_read,  // read-only, and reading changes the socket
};

// What makes the value another one from socket to socket.
enum class Varies : std::uint8_t {
    when_set,        // somebody sets it
    when_connected,  // the system, too, once there is a connection
    always,          // time
    by_kind,         // nothing: all sockets of a kind in one network namespace have the same
};

// An answer of Linux that holds the values of several options.
enum class Whole : std::uint8_t {
    memory,        // SO_MEMINFO
    device,        // SO_BINDTOIFINDEX
    buffer_locks,  // SO_BUF_LOCK
    tcp_info,      // TCP_INFO of a TCP socket
    none,
};
inline constexpr std::uint8_t whole_answer = 255;

// The kinds of sockets to which an option applies, as bits of OptionRow::sockets.
using SocketKinds = std::uint16_t;
inline constexpr SocketKinds kind_tcp = 1;
inline constexpr SocketKinds kind_udp = 2;
inline constexpr SocketKinds kind_raw = 4;
inline constexpr SocketKinds kind_unix = 8;
inline constexpr SocketKinds kind_netlink = 16;
inline constexpr SocketKinds kind_packet = 32;
inline constexpr SocketKinds kind_other = 64;
inline constexpr SocketKinds kind_inet = kind_tcp | kind_udp | kind_raw;
inline constexpr SocketKinds kind_inet_datagram = kind_udp | kind_raw;
inline constexpr SocketKinds kind_datagrams = kind_inet_datagram | kind_packet;
inline constexpr SocketKinds kind_all = 127;

// The legal values of a number, in the option's own unit.
struct Range {
    std::int64_t low = INT_MIN;
    std::int64_t high = INT_MAX;
    std::int64_t also = low;  // one more legal value outside of them, such as 0 for "the default"
};

struct ValueName {
    std::string_view name;
    std::int64_t value;
};

inline constexpr int absent = INT_MIN;

struct OptionRow {
    std::string_view name = {};  // as the headers spell it
    OptionLevel level = OptionLevel::socket;
    int on_linux = absent;    // its number there, or absent
    int on_windows = absent;  // likewise
    ValueType type = ValueType::integer;
    std::uint8_t width = 4;  // bytes of a number
    Access access = Access::read_write;
    SocketKinds sockets = kind_all;
    Varies varies = Varies::when_set;
    bool in_repair = false;  // there only while TCP_REPAIR is on
    Whole part_of = Whole::none;
    std::uint8_t part = whole_answer;  // the offset there, of a number of `width` bytes
    Range range{};
    std::string_view unit = {};  // "bytes", "s", "ms", "us", or a plural such as "probes"
    std::span<const ValueName> names = {};
    std::span<const ValueName> names_on_windows = {};  // where the numbers differ there
    std::string_view says = {};                        // one sentence
    std::string_view source = {};                      // manual page or RFC
    std::string_view limit = {};      // the sysctl that bounds it or holds its default
    std::string_view privilege = {};  // what it takes to set it
    std::string_view beware = {};     // sentences on a difference that does harm, for --explain
    std::string_view adjusts = {};    // why the system may grant another value than was asked
};

}  // namespace sockbox::net
