// Symbols of option values: choices, bits of masks, and special numbers.
#pragma once

#include <array>

#include "option/row.h"

namespace sockbox::net::option_rows {

// The same reason in several rows.
inline constexpr std::string_view notices_conflict =
    "notices that nobody reads from the error queue would keep the socket ready";

// The same warning in several rows.
inline constexpr std::string_view secret_warning =
    "A key on a command line can be seen by other users of the machine, in the list of processes.";

inline constexpr std::array<ValueName, 6> socket_types{{{"SOCK_STREAM", 1},
                                                        {"SOCK_DGRAM", 2},
                                                        {"SOCK_RAW", 3},
                                                        {"SOCK_RDM", 4},
                                                        {"SOCK_SEQPACKET", 5},
                                                        {"SOCK_DCCP", 6}}};

inline constexpr std::array<ValueName, 14> domains{{{"AF_UNIX", 1},
                                                    {"AF_INET", 2},
                                                    {"AF_INET6", 10},
                                                    {"AF_NETLINK", 16},
                                                    {"AF_PACKET", 17},
                                                    {"AF_RDS", 21},
                                                    {"AF_CAN", 29},
                                                    {"AF_TIPC", 30},
                                                    {"AF_BLUETOOTH", 31},
                                                    {"AF_ALG", 38},
                                                    {"AF_VSOCK", 40},
                                                    {"AF_QIPCRTR", 42},
                                                    {"AF_SMC", 43},
                                                    {"AF_XDP", 44}}};

inline constexpr std::array<ValueName, 16> protocols{{{"IPPROTO_IP", 0},
                                                      {"IPPROTO_ICMP", 1},
                                                      {"IPPROTO_IGMP", 2},
                                                      {"IPPROTO_TCP", 6},
                                                      {"IPPROTO_UDP", 17},
                                                      {"IPPROTO_DCCP", 33},
                                                      {"IPPROTO_GRE", 47},
                                                      {"IPPROTO_ESP", 50},
                                                      {"IPPROTO_AH", 51},
                                                      {"IPPROTO_ICMPV6", 58},
                                                      {"IPPROTO_PIM", 103},
                                                      {"IPPROTO_L2TP", 115},
                                                      {"IPPROTO_SCTP", 132},
                                                      {"IPPROTO_UDPLITE", 136},
                                                      {"IPPROTO_RAW", 255},
                                                      {"IPPROTO_MPTCP", 262}}};

// Bits of SO_TIMESTAMPING, named as in linux/net_tstamp.h without the prefix SOF_TIMESTAMPING_.
inline constexpr std::array<ValueName, 19> timestamping{{{"TX_HARDWARE", 1 << 0},
                                                         {"TX_SOFTWARE", 1 << 1},
                                                         {"RX_HARDWARE", 1 << 2},
                                                         {"RX_SOFTWARE", 1 << 3},
                                                         {"SOFTWARE", 1 << 4},
                                                         {"SYS_HARDWARE", 1 << 5},
                                                         {"RAW_HARDWARE", 1 << 6},
                                                         {"OPT_ID", 1 << 7},
                                                         {"TX_SCHED", 1 << 8},
                                                         {"TX_ACK", 1 << 9},
                                                         {"OPT_CMSG", 1 << 10},
                                                         {"OPT_TSONLY", 1 << 11},
                                                         {"OPT_STATS", 1 << 12},
                                                         {"OPT_PKTINFO", 1 << 13},
                                                         {"OPT_TX_SWHW", 1 << 14},
                                                         {"BIND_PHC", 1 << 15},
                                                         {"OPT_ID_TCP", 1 << 16},
                                                         {"OPT_RX_FILTER", 1 << 17},
                                                         {"TX_COMPLETION", 1 << 18}}};

inline constexpr std::array<ValueName, 2> buffer_locks{{{"SNDBUF", 1}, {"RCVBUF", 2}}};

inline constexpr std::array<ValueName, 1> unlimited{{{"unlimited", -1}}};
inline constexpr std::array<ValueName, 1> off_below_zero{{{"off", -1}}};
inline constexpr std::array<ValueName, 1> system_default{{{"default", -1}}};
inline constexpr std::array<ValueName, 2> fin_timeouts{{{"off", -1}, {"default", 0}}};

// Values of IP_MTU_DISCOVER and IPV6_MTU_DISCOVER, which are the same on Linux.
inline constexpr std::array<ValueName, 6> path_mtu_discovery{
    {{"dont", 0}, {"want", 1}, {"do", 2}, {"probe", 3}, {"interface", 4}, {"omit", 5}}};

inline constexpr std::array<ValueName, 4> winsock_path_mtu_discovery{
    {{"default", 0}, {"do", 1}, {"dont", 2}, {"probe", 3}}};

// RFC 5014: the bits below 0x0100 set preferences, those from 0x0100 on reset them.
inline constexpr std::array<ValueName, 7> address_preferences{{{"TMP", 0x0001},
                                                               {"PUBLIC", 0x0002},
                                                               {"COA", 0x0004},
                                                               {"CGA", 0x0008},
                                                               {"PUBTMP_DEFAULT", 0x0100},
                                                               {"HOME", 0x0400},
                                                               {"NONCGA", 0x0800}}};

inline constexpr std::array<ValueName, 3> rehash_modes{{{"default", -1}, {"off", 0}, {"on", 1}}};

inline constexpr std::array<ValueName, 3> repair_modes{
    {{"off-no-probes", -1}, {"off", 0}, {"on", 1}}};
inline constexpr std::array<ValueName, 3> repair_queues{{{"none", 0}, {"receive", 1}, {"send", 2}}};

inline constexpr std::array<ValueName, 7> encapsulations{{{"none", 0},
                                                          {"espinudp-non-ike", 1},
                                                          {"espinudp", 2},
                                                          {"l2tpinudp", 3},
                                                          {"gtp0", 4},
                                                          {"gtp1u", 5},
                                                          {"rxrpc", 6}}};

inline constexpr std::array<ValueName, 3> packet_versions{
    {{"TPACKET_V1", 0}, {"TPACKET_V2", 1}, {"TPACKET_V3", 2}}};

inline constexpr std::array<ValueName, 3> offload_preferences{
    {{"none", 0}, {"not-preferred", 1}, {"preferred", 2}}};

inline constexpr std::array<ValueName, 3> protection_levels{
    {{"unrestricted", 10}, {"edge-restricted", 20}, {"restricted", 30}}};

}  // namespace sockbox::net::option_rows
