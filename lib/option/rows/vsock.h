// Table rows: socket options of level AF_VSOCK on Linux.
#pragma once

#include <array>

#include "option/rows/symbols.h"

namespace sockbox::net::option_rows {

inline constexpr auto vsock_rows = std::to_array<OptionRow>({
    {.name = "SO_VM_SOCKETS_BUFFER_SIZE",
     .on_linux = 0,
     .width = 8,
     .range = {0, INT64_MAX},
     .unit = "bytes",
     .summary = "The size of the buffer of a stream.",
     .source = "vsock(7)",
     .grant_note = "the kernel keeps it between the minimum and the maximum"},
    {.name = "SO_VM_SOCKETS_BUFFER_MIN_SIZE",
     .on_linux = 1,
     .width = 8,
     .range = {0, INT64_MAX},
     .unit = "bytes",
     .summary = "The minimum of SO_VM_SOCKETS_BUFFER_SIZE.",
     .source = "vsock(7)"},
    {.name = "SO_VM_SOCKETS_BUFFER_MAX_SIZE",
     .on_linux = 2,
     .width = 8,
     .range = {0, INT64_MAX},
     .unit = "bytes",
     .summary = "The maximum of SO_VM_SOCKETS_BUFFER_SIZE.",
     .source = "vsock(7)"},
    {.name = "SO_VM_SOCKETS_PEER_HOST_VM_ID",
     .on_linux = 3,
     .access = Access::none,
     .summary = "Linux does not implement it: the ID of the peer's virtual machine on its host.",
     .source = "Linux include/uapi/linux/vm_sockets.h"},
    {.name = "SO_VM_SOCKETS_TRUSTED",
     .on_linux = 5,
     .access = Access::none,
     .summary = "Linux does not implement it: whether the socket is trusted.",
     .source = "Linux include/uapi/linux/vm_sockets.h"},
    {.name = "SO_VM_SOCKETS_CONNECT_TIMEOUT",
     .on_linux = 6,
     .type = ValueType::duration,
     .summary = "How long connect tries.",
     .source = "Linux include/uapi/linux/vm_sockets.h",
     .grant_note = "the kernel rounds up to its clock ticks"},
    {.name = "SO_VM_SOCKETS_NONBLOCK_TXRX",
     .on_linux = 7,
     .access = Access::none,
     .summary = "For callers within the kernel only: whether sending and receiving may block.",
     .source = "Linux include/uapi/linux/vm_sockets.h"},
    {.name = "SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW",
     .on_linux = 8,
     .type = ValueType::duration,
     .width = 8,
     .varies = Varies::always,
     .summary = "SO_VM_SOCKETS_CONNECT_TIMEOUT with 64 bits on every machine.",
     .source = "Linux include/uapi/linux/vm_sockets.h",
     .grant_note = "the kernel rounds up to its clock ticks"},
});

}  // namespace sockbox::net::option_rows
