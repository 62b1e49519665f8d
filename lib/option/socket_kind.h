// What kind of socket a descriptor is, and which options apply to it.
#pragma once

#include <string>

#include "net/socket.h"
#include "option/row.h"
#include "system/result.h"

namespace sockbox::net {

// The system's own numbers (AF_, SOCK_, IPPROTO_).
struct SocketKind {
    int family = 0;
    int type = 0;
    int protocol = 0;
    bool listening = false;
};

// Asks the socket itself; changes nothing.
Result<SocketKind> kind_of(const Socket& socket);

// "TCP/IPv4", "UDP/IPv6", "UNIX stream", "NETLINK raw".
std::string describe(const SocketKind& kind);

// Its parts as a user reads them: "IPv4", "stream", "tcp"; numbers where there is no name.
std::string family_text(const SocketKind& kind);
std::string type_text(const SocketKind& kind);
std::string protocol_text(const SocketKind& kind);

// Whether the option has a meaning for such a socket: what a dump reads. The system may still say
// otherwise.
bool applies(const OptionRow& row, const SocketKind& kind);

// An owned duplicate of a descriptor that this process inherited. Fails where it is not open or not
// a socket, and says what it is then.
Result<Socket> duplicate_inherited(int descriptor);

}  // namespace sockbox::net
