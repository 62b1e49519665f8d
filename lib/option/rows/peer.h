// The socket options of level SOL_SOCKET that are about the peer, mostly of UNIX sockets.
#pragma once

#include <array>

#include "option/rows/symbols.h"

namespace sockbox::net::option_rows {

inline constexpr auto peer_rows = std::to_array<OptionRow>({
    {.name = "SO_PASSCRED",
     .on_linux = 16,
     .type = ValueType::flag,
     .sockets = kind_unix | kind_netlink,
     .says = "Receives the sender's process, user and group with each message.",
     .source = "unix(7)"},
    {.name = "SO_PEERCRED",
     .on_linux = 17,
     .type = ValueType::credentials,
     .access = Access::read_only,
     .sockets = kind_unix,
     .says = "Process, user and group of the peer at the time of connect.",
     .source = "unix(7)"},
    {.name = "SO_PEERSEC",
     .on_linux = 31,
     .type = ValueType::text,
     .access = Access::read_only,
     .sockets = kind_unix | kind_tcp,
     .says = "The security label of the peer (SELinux, Smack).",
     .source = "unix(7)"},
    {.name = "SO_PASSSEC",
     .on_linux = 34,
     .type = ValueType::flag,
     .sockets = kind_unix,
     .says = "Receives the sender's security label with each message.",
     .source = "unix(7)"},
    {.name = "SO_PEERGROUPS",
     .on_linux = 59,
     .type = ValueType::groups,
     .access = Access::read_only,
     .sockets = kind_unix,
     .says = "The supplementary groups of the peer at the time of connect.",
     .source = "unix(7)"},
    {.name = "SO_PASSPIDFD",
     .on_linux = 76,
     .type = ValueType::flag,
     .sockets = kind_unix,
     .says = "Receives a descriptor of the sending process with each message.",
     .source = "unix(7)"},
    {.name = "SO_PASSRIGHTS",
     .on_linux = 83,
     .type = ValueType::flag,
     .sockets = kind_unix,
     .says = "Takes descriptors that a message carries; off, they are dropped.",
     .source = "unix(7)"},
    {.name = "SO_INQ",
     .on_linux = 84,
     .type = ValueType::flag,
     .sockets = kind_unix,
     .says = "Reports with each receive how much is left to read.",
     .source = "Linux include/uapi/asm-generic/socket.h"},
});

}  // namespace sockbox::net::option_rows
