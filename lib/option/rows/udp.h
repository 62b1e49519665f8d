// Table rows: socket options of UDP, UDP-Lite, raw and ICMPv6 sockets on Linux.
#pragma once

#include <array>

#include "option/rows/symbols.h"

namespace sockbox::net::option_rows {

inline constexpr auto udp_rows = std::to_array<OptionRow>({
    {.name = "UDP_CORK",
     .on_linux = 1,
     .type = ValueType::flag,
     .summary = "Collects the data sent into one datagram, until it is turned off.",
     .source = "udp(7)",
     .conflict = "datagrams would be merged, and none sent until it is turned off"},
    {.name = "UDP_ENCAP",
     .on_linux = 100,
     .type = ValueType::choice,
     .range = {0, 6},
     .names = encapsulations,
     .summary = "The protocol that the kernel decapsulates from the datagrams, such as IPsec.",
     .source = "Linux include/uapi/linux/udp.h, RFC 3948",
     .conflict = "datagrams would be taken for those of the other protocol"},
    {.name = "UDP_NO_CHECK6_TX",
     .on_linux = 101,
     .type = ValueType::flag,
     .summary = "Sends UDP over IPv6 without a checksum.",
     .source = "RFC 6935",
     .conflict = "hosts drop datagrams over IPv6 without a checksum"},
    {.name = "UDP_NO_CHECK6_RX",
     .on_linux = 102,
     .type = ValueType::flag,
     .summary = "Accepts UDP over IPv6 without a checksum.",
     .source = "RFC 6935"},
    {.name = "UDP_SEGMENT",
     .on_linux = 103,
     .on_windows = 2,
     .range = {0, 65535},
     .unit = "bytes",
     .summary =
         "Splits the data sent into datagrams of this size (generic segmentation offload); 0 "
         "turns it off.",
     .source = "udp(7)",
     .conflict = "a longer datagram would be split into several"},
    {.name = "UDP_GRO",
     .on_linux = 104,
     .type = ValueType::flag,
     .summary = "Receives several datagrams of one flow as one (generic receive offload).",
     .source = "udp(7)",
     .conflict = "several datagrams would be received as one"},
});

inline constexpr auto udplite_rows = std::to_array<OptionRow>({
    {.name = "UDPLITE_SEND_CSCOV",
     .on_linux = 10,
     .range = {8, 65535, 0},
     .unit = "bytes",
     .summary = "How much of each datagram sent the checksum covers; 0 means all.",
     .source = "udplite(7), RFC 3828"},
    {.name = "UDPLITE_RECV_CSCOV",
     .on_linux = 11,
     .range = {8, 65535, 0},
     .unit = "bytes",
     .summary = "How much the checksum of a received datagram must cover; 0 means any.",
     .source = "udplite(7), RFC 3828"},
});

inline constexpr auto raw_rows = std::to_array<OptionRow>({
    {.name = "ICMP_FILTER",
     .on_linux = 1,
     .range = {0, 0xffffffffLL},
     .summary = "The ICMP types that a raw ICMP socket does not receive, one bit for each.",
     .source = "raw(7)"},
});

inline constexpr auto icmpv6_rows = std::to_array<OptionRow>({
    {.name = "ICMPV6_FILTER",
     .on_linux = 1,
     .type = ValueType::bytes,
     .range = {32, 32},
     .summary = "The ICMPv6 types that a raw socket does not receive, one bit for each.",
     .source = "RFC 3542 3.2"},
});

}  // namespace sockbox::net::option_rows
