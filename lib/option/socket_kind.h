// The kind of a socket, and which options apply to it.
#pragma once

#include <string>

#include "net/socket.h"
#include "option/row.h"
#include "system/result.h"

namespace sockbox::net {

// In the system's own numbers (AF_…, SOCK_…, IPPROTO_…).
struct SocketKind {
    int family = 0;          // AF_…
    int type = 0;            // SOCK_…
    int protocol = 0;        // IPPROTO_…
    bool listening = false;  // SO_ACCEPTCONN
};

// Determines the kind by getsockopt(2); does not block and changes nothing. Fails if it is not a
// socket.
Result<SocketKind> kind_of(const Socket& socket);

// Whether it is an IPv4 or IPv6 socket.
bool is_inet(const SocketKind& kind);

// "TCP/IPv4", "UDP/IPv6", "UNIX stream", "netlink raw".
std::string to_text(const SocketKind& kind);

// Display names of the parts: "IPv4", "stream", "tcp"; the number if there is no name.
std::string family_to_text(const SocketKind& kind);
std::string type_to_text(const SocketKind& kind);
std::string protocol_to_text(const SocketKind& kind);

// Whether this kind of socket has options of the level, for which the system need not be asked
// otherwise.
bool has_level(OptionLevel level, const SocketKind& kind);

// Whether the option has an effect on this kind of socket. The system may answer and set options
// that have none.
bool applies(const OptionRow& row, const SocketKind& kind);

// Duplicates a descriptor that this process inherited; the original stays open, and child processes
// do not inherit the duplicate. Fails if the descriptor is not open or not a socket; the error
// states what it is. Linux only: elsewhere it fails with std::errc::not_supported.
Result<Socket> duplicate_inherited(int descriptor);

}  // namespace sockbox::net
