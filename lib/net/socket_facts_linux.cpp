// Addresses of any family on Linux.
#include <fmt/format.h>
#include <sys/un.h>

#include <cstddef>

#include "net/escape.h"
#include "net/socket_facts.h"

namespace sockbox::net {
namespace {

// A path, or "@" and the name of an abstract address; empty for a socket without one.
std::string unix_name(const sockaddr_un& address, socklen_t length) {
    const std::size_t size =
        length - std::min<std::size_t>(length, offsetof(sockaddr_un, sun_path));
    if (size == 0)
        return {};
    const std::string_view bytes(address.sun_path, std::min(size, sizeof address.sun_path));
    if (bytes.front() == '\0')
        return "@" + escape(bytes.substr(1));
    return escape(bytes.substr(0, bytes.find('\0')));
}

std::string name_of(const Socket& socket, int (*call)(int, sockaddr*, socklen_t*)) {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    auto* address = static_cast<sockaddr*>(static_cast<void*>(&storage));
    if (call(socket.native(), address, &length) != 0)
        return {};
    if (storage.ss_family == AF_UNIX)
        return unix_name(*static_cast<sockaddr_un*>(static_cast<void*>(&storage)), length);
    const auto endpoint = Endpoint::from_native(address, length);
    return endpoint ? endpoint->to_string() : std::string();
}

}  // namespace

std::string local_name(const Socket& socket) {
    return name_of(socket, ::getsockname);
}

std::string peer_name(const Socket& socket) {
    return name_of(socket, ::getpeername);
}

}  // namespace sockbox::net
