// The socket options of level SOL_SOCKET that attach programs to a socket.
#pragma once

#include <array>

#include "option/rows/symbols.h"

namespace sockbox::net::option_rows {

inline constexpr auto filter_rows = std::to_array<OptionRow>({
    {.name = "SO_ATTACH_FILTER",
     .on_linux = 26,
     .type = ValueType::filter,
     .says = "The packet filter (classic BPF) that decides which packets the socket gets.",
     .source = "socket(7), Documentation/networking/filter.rst"},
    {.name = "SO_DETACH_FILTER",
     .on_linux = 27,
     .access = Access::write_only,
     .says = "Removes the socket's packet filter; the value is ignored.",
     .source = "socket(7)"},
    {.name = "SO_LOCK_FILTER",
     .on_linux = 44,
     .type = ValueType::flag,
     .says = "Keeps the packet filter from being changed; it cannot be undone.",
     .source = "socket(7)"},
    {.name = "SO_BPF_EXTENSIONS",
     .on_linux = 48,
     .access = Access::read_only,
     .varies = Varies::by_kind,
     .says = "The number of this kernel's packet filter extensions.",
     .source = "Linux include/uapi/asm-generic/socket.h"},
    {.name = "SO_ATTACH_BPF",
     .on_linux = 50,
     .access = Access::write_only,
     .range = {0, INT_MAX},
     .says =
         "Attaches the eBPF program that this inherited descriptor stands for as packet filter.",
     .source = "socket(7)"},
    {.name = "SO_ATTACH_REUSEPORT_CBPF",
     .on_linux = 51,
     .type = ValueType::filter,
     .access = Access::write_only,
     .sockets = kind_inet,
     .says = "The classic BPF program that chooses among the sockets that share a port.",
     .source = "socket(7)"},
    {.name = "SO_ATTACH_REUSEPORT_EBPF",
     .on_linux = 52,
     .access = Access::write_only,
     .sockets = kind_inet,
     .range = {0, INT_MAX},
     .says = "The same by an eBPF program, given as an inherited descriptor.",
     .source = "socket(7)"},
    {.name = "SO_DETACH_REUSEPORT_BPF",
     .on_linux = 68,
     .access = Access::write_only,
     .sockets = kind_inet,
     .says =
         "Removes the program that chooses among sockets that share a port; the value is ignored.",
     .source = "socket(7)"},
});

}  // namespace sockbox::net::option_rows
