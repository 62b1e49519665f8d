// Table rows: socket options of level SOL_MPTCP on Linux.
#pragma once

#include <array>

#include "option/rows/members.h"

namespace sockbox::net::option_rows {

// struct mptcp_subflow_data, with the size of each element that follows it: struct tcp_info, which
// the kernel cuts short, and two of sockaddr_storage.
inline constexpr auto mptcp_tcp_info_presets = std::to_array<Preset>({{0, 4, 16}, {12, 4, 280}});
inline constexpr auto mptcp_address_presets = std::to_array<Preset>({{0, 4, 16}, {12, 4, 256}});

inline constexpr auto mptcp_rows = std::to_array<OptionRow>({
    {.name = "MPTCP_INFO",
     .on_linux = 1,
     .type = ValueType::structure,
     .access = Access::read_only,
     .members = mptcp_info_members,
     .size = 96,
     .summary = "The kernel's statistics of the connection and of its additional subflows.",
     .source = "Linux include/uapi/linux/mptcp.h, RFC 8684"},
    {.name = "MPTCP_TCPINFO",
     .on_linux = 2,
     .type = ValueType::subflows,
     .access = Access::read_only,
     .presets = mptcp_tcp_info_presets,
     .summary = "The main figures of TCP_INFO of each subflow.",
     .source = "Linux include/uapi/linux/mptcp.h"},
    {.name = "MPTCP_SUBFLOW_ADDRS",
     .on_linux = 3,
     .type = ValueType::subflows,
     .access = Access::read_only,
     .presets = mptcp_address_presets,
     .summary = "The addresses of each subflow.",
     .source = "Linux include/uapi/linux/mptcp.h"},
    {.name = "MPTCP_FULL_INFO",
     .on_linux = 4,
     .type = ValueType::structure,
     .access = Access::read_only,
     .members = mptcp_full_members,
     .size = 136,
     .summary = "The number of subflows; what else it returns is in the other MPTCP options.",
     .source = "Linux include/uapi/linux/mptcp.h"},
});

}  // namespace sockbox::net::option_rows
