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

struct Name {
    std::string text;
    std::optional<std::uint16_t> port;
};

Name name_of(const Socket& socket, int (*call)(int, sockaddr*, socklen_t*)) {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    auto* address = static_cast<sockaddr*>(static_cast<void*>(&storage));
    if (call(socket.native(), address, &length) != 0)
        return {};
    if (storage.ss_family == AF_UNIX)
        return {unix_name(*static_cast<sockaddr_un*>(static_cast<void*>(&storage)), length), {}};
    const auto endpoint = Endpoint::from_native(address, length);
    return endpoint ? Name{endpoint->to_string(), endpoint->port()} : Name();
}

// Unique among the namespaces of this machine; none before Linux 5.14.
std::optional<std::uint64_t> namespace_cookie(const Socket& socket) {
    constexpr int netns_cookie = 71;  // SO_NETNS_COOKIE
    std::uint64_t cookie = 0;
    socklen_t length = sizeof cookie;
    const bool told =
        ::getsockopt(socket.native(), SOL_SOCKET, netns_cookie, &cookie, &length) == 0;
    return told ? std::optional(cookie) : std::nullopt;
}

}  // namespace

void add_addresses(const Socket& socket, SocketFacts& facts) {
    Name local = name_of(socket, ::getsockname);
    facts.local = std::move(local.text);
    facts.local_port = local.port;
    facts.peer = name_of(socket, ::getpeername).text;
}

std::uint64_t other_namespace_of(const Socket& socket) {
    static const std::optional<std::uint64_t> ours = [] {
        const auto own = Socket::open(AF_UNIX, SOCK_STREAM, 0);
        return own ? namespace_cookie(*own) : std::nullopt;
    }();
    const auto theirs = ours ? namespace_cookie(socket) : std::nullopt;
    return theirs == ours ? 0 : theirs.value_or(0);
}

}  // namespace sockbox::net
