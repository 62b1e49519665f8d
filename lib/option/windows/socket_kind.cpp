// Determines socket kinds on Windows, by SO_PROTOCOL_INFOW.
#include "option/socket_kind.h"

namespace sockbox::net {

Result<SocketKind> kind_of(const Socket& socket) {
    WSAPROTOCOL_INFOW info{};
    int length = sizeof info;
    if (::getsockopt(socket.native(), SOL_SOCKET, SO_PROTOCOL_INFOW,
                     static_cast<char*>(static_cast<void*>(&info)), &length) != 0)
        return fail_last("getsockopt");
    return SocketKind{info.iAddressFamily, info.iSocketType, info.iProtocol,
                      socket.option(SOL_SOCKET, SO_ACCEPTCONN).value_or(0) != 0};
}

}  // namespace sockbox::net
