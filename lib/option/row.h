// The description of one socket option, from which listing, reading, parsing, printing and
// explaining are derived.
#pragma once

#include <climits>
#include <cstdint>
#include <span>
#include <string_view>

namespace sockbox::net {

// The level of an option; see level_name().
enum class OptionLevel : std::uint8_t {
    socket,
    ip,
    ipv6,
    tcp,
    udp,
    udplite,
    raw,
    icmpv6,
    tls,
    mptcp,
    sctp,
    dccp,
    packet,
    netlink,
    vsock,
    alg,
};

// The type of an option's value, which determines its text form on a command line.
enum class ValueType : std::uint8_t {
    flag,                // on or off
    integer,             // a number with a unit; `names` may name special values
    choice,              // one of `names`; other numbers within the range are accepted
    mask,                // any of `names`, joined by '|'
    duration,            // timeval on Linux, a DWORD of milliseconds on Windows
    linger,              // off, or on with seconds
    text,                // a short string
    address,             // in_addr
    interface_index,     // an interface index; 0: none
    interface_index_be,  // the same in network byte order
    port_range,          // two ports in one u32
    membership4,         // GROUP[,INTERFACE] as ip_mreqn (ip_mreq on Windows)
    membership6,         // GROUP[,INTERFACE] as ipv6_mreq
    source_membership4,  // GROUP,SOURCE[,ADDRESS OF AN INTERFACE] as ip_mreq_source
    group,               // GROUP[,INTERFACE] as group_req; the group determines the level
    group_source,        // GROUP,SOURCE[,INTERFACE] as group_source_req; likewise
    address6,            // ADDRESS[,INTERFACE] as ipv6_mreq or in6_pktinfo
    endpoint,            // the address and port in a sockaddr
    endpoints,           // those in a list that SCTP returns (sctp_getaddrs)
    credentials,         // ucred
    groups,              // a list of group IDs
    set_bits,            // the numbers of the bits that are set, from 1 on
    tcp_info,            // struct tcp_info, of whatever length the kernel returns
    subflows,            // what MPTCP returns for each subflow
    path_mtu,            // ip6_mtuinfo
    structure,           // `members`
    filter,              // a classic BPF program
    bytes,               // anything else, in hexadecimal
};

// What can be done with an option.
enum class Access : std::uint8_t {
    read_write,
    read_only,
    write_only,
    clears_on_read,  // read-only, and reading changes the socket
    none,            // neither: an operation with arguments, or a number that no system implements
};

// The state of a TCP socket without which it does not have the option.
enum class Needs : std::uint8_t { nothing, repair, tls };

// When the value may differ between sockets of one kind.
enum class Varies : std::uint8_t {
    when_set,        // only after it was set
    when_connected,  // also once connected, when the system may change it
    always,          // at any time: a state, a counter, a clock, or what another option sets
    by_kind,         // never: all sockets of a kind in one network namespace have the same value
};

// Linux options whose value contains the values of several other options.
enum class SharedAnswer : std::uint8_t {
    memory,        // SO_MEMINFO
    device,        // SO_BINDTOIFINDEX, which is 0 if SO_BINDTODEVICE is empty
    buffer_locks,  // SO_BUF_LOCK
    tcp_info,      // TCP_INFO
    none,
};
inline constexpr std::uint8_t entire_answer = 255;

// Bits of OptionRow::sockets: the kinds of sockets to which an option applies.
using SocketKinds = std::uint16_t;
inline constexpr SocketKinds kind_tcp = 1;
inline constexpr SocketKinds kind_udp = 2;
inline constexpr SocketKinds kind_raw = 4;
inline constexpr SocketKinds kind_unix = 8;
inline constexpr SocketKinds kind_netlink = 16;
inline constexpr SocketKinds kind_packet = 32;
inline constexpr SocketKinds kind_other = 64;
inline constexpr SocketKinds kind_sctp = 128;
inline constexpr SocketKinds kind_inet = kind_tcp | kind_udp | kind_raw | kind_sctp;
inline constexpr SocketKinds kind_inet_datagram = kind_udp | kind_raw;
inline constexpr SocketKinds kind_datagrams = kind_inet_datagram | kind_packet;
inline constexpr SocketKinds kind_all = 255;

// The legal values of a number, inclusive, in the option's own unit.
struct Range {
    std::int64_t low = INT_MIN;   // the least legal value
    std::int64_t high = INT_MAX;  // the greatest legal value
    std::int64_t also = low;  // one more legal value, outside low to high, such as 0 for "default"
};

// A symbol of a number.
struct ValueName {
    std::string_view name;  // as spelled in the system's headers, often without a prefix
    std::int64_t value;     // its number
};

// The type of a member of a structure.
enum class MemberForm : std::uint8_t {
    number,           // unsigned, or one of `names`
    big_endian,       // the same in network byte order
    mask,             // any of `names`
    identifier,       // in hexadecimal
    interface_index,  // an interface by name or index
    endpoint,         // a sockaddr_storage
};

// What the difference between two readings of a value means.
enum class Trend : std::uint8_t {
    gauge,    // it is what counts: a setting, a state or a level
    counter,  // an amount in the time between, since the value only grows
    age,      // nothing: it changes with the time
    copy,     // nothing: another value has it as well
};

// A member of a structure.
struct Member {
    std::string_view name;                  // in lower case
    std::uint16_t offset;                   // in bytes
    std::uint8_t size;                      // in bytes: 1, 2, 4 or 8; of an endpoint 128
    std::string_view unit = {};             // see OptionRow::unit
    std::span<const ValueName> names = {};  // symbols of values or bits
    MemberForm form = MemberForm::number;   // how the bytes are read
    bool optional =
        false;  // may be left out by a user who leaves out all that follow; then it is 0
    Trend trend = Trend::gauge;  // what a difference means
};

// The member with another trend.
constexpr Member with_trend(Trend trend, Member member) noexcept {
    member.trend = trend;
    return member;
}

// A number that must be in the buffer of getsockopt(2) so that the system returns the value.
struct Preset {
    std::uint16_t offset;  // in bytes
    std::uint8_t size;     // in bytes: 2 or 4
    std::uint32_t value;   // what must be there
};

// In place of a number: the system has no such option.
inline constexpr int absent = INT_MIN;

// One option: a row of the table.
struct OptionRow {
    std::string_view name = {};               // as spelled in the system's headers
    OptionLevel level = OptionLevel::socket;  // its level
    int on_linux = absent;                    // its number on Linux, or `absent`
    int on_windows = absent;                  // its number on Windows, or `absent`
    ValueType type = ValueType::integer;      // of its value
    std::uint8_t width = 4;  // size of a number or a member of a time in bytes: 2, 4 or 8
    std::uint8_t at = 0;     // offset of a number or flag in its structure, which is otherwise zero
    Access access = Access::read_write;         // whether it can be read and set
    SocketKinds sockets = kind_all;             // to which it applies
    Varies varies = Varies::when_set;           // when sockets differ
    Needs needs = Needs::nothing;               // the state that it requires
    SharedAnswer part_of = SharedAnswer::none;  // the option that contains it
    std::uint8_t part = entire_answer;          // offset in bytes of the value there, or all of it
    Range range{};                              // for a text or bytes, of its length
    std::string_view unit = {};  // "bytes", "s", "ms", "us", or a plural such as "probes"
    std::span<const ValueName> names = {};             // symbols of values or bits
    std::span<const ValueName> names_on_windows = {};  // if the numbers differ on Windows
    std::span<const Member> members = {};              // of a structure
    std::uint16_t size = 0;                            // of a structure, in bytes
    std::span<const Preset> presets = {};              // what getsockopt(2) must find
    std::string_view summary = {};                     // the description, one sentence
    std::string_view source = {};                      // manual page or RFC
    std::string_view limit = {};       // the sysctl that limits it or holds its default
    std::string_view privilege = {};   // the privilege required to set it
    std::string_view warning = {};     // pitfalls, in full sentences, for --explain
    std::string_view grant_note = {};  // why the granted value may differ from the requested one
    // Why a program that exchanges messages of its own through the socket, such as echo or echod,
    // refuses to set it; empty if it does not. A number up to `conflict_above` does no harm.
    std::string_view conflict = {};
    std::int64_t conflict_above = 0;
};

}  // namespace sockbox::net
