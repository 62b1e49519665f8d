// Socket facts on Linux, for any address family.
#include <fmt/format.h>
#include <sys/un.h>

#include <array>
#include <cstddef>

#include "inspect/socket_facts.h"
#include "option/tcp_info.h"
#include "text/text.h"

namespace sockbox::net {
namespace {

// A path, or "@" and an abstract name (unix(7)); empty if the socket is unnamed.
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
    int family = AF_UNSPEC;
    std::string text;
    std::optional<Endpoint> address = {};
};

Name address_by(const Socket& socket, int (*call)(int, sockaddr*, socklen_t*)) {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    auto* address = static_cast<sockaddr*>(static_cast<void*>(&storage));
    if (call(socket.native(), address, &length) != 0)
        return {};
    const int family = storage.ss_family;
    if (family == AF_UNIX)
        return {family,
                unix_name(*static_cast<sockaddr_un*>(static_cast<void*>(&storage)), length),
                {}};
    const auto endpoint = Endpoint::from_native(address, length);
    return endpoint ? Name{family, endpoint->to_string(), *endpoint} : Name{family, {}, {}};
}

// The address that a socket in state SYN_SENT connects to, which getpeername(2) withholds. The
// kernel refuses a length beyond that of the address.
int destination_of(int socket, sockaddr* address, socklen_t* length) {
    for (const socklen_t size :
         std::array<socklen_t, 2>{sizeof(sockaddr_in6), sizeof(sockaddr_in)}) {
        *length = size;
        if (::getsockopt(socket, SOL_SOCKET, SO_PEERNAME, address, length) == 0)
            return 0;
    }
    return -1;
}

// Unique among the network namespaces of this machine; nullopt before Linux 5.14.
std::optional<std::uint64_t> namespace_cookie(const Socket& socket) {
    constexpr int netns_cookie = 71;  // SO_NETNS_COOKIE
    std::uint64_t cookie = 0;
    socklen_t length = sizeof cookie;
    const bool told =
        ::getsockopt(socket.native(), SOL_SOCKET, netns_cookie, &cookie, &length) == 0;
    return told ? std::optional(cookie) : std::nullopt;
}

std::uint64_t other_namespace_of(const Socket& socket) {
    static const std::optional<std::uint64_t> ours = [] {
        const auto own = Socket::open(AF_UNIX, SOCK_STREAM, 0);
        return own ? namespace_cookie(*own) : std::nullopt;
    }();
    const auto theirs = ours ? namespace_cookie(socket) : std::nullopt;
    return theirs == ours ? 0 : theirs.value_or(0);
}

// The bytes of TCP_INFO; empty if it is not a TCP socket.
Bytes tcp_info_of(const Socket& socket) {
    std::array<std::byte, 1024> buffer;  // as of Linux 6.18, struct tcp_info has 280 bytes
    socklen_t length = buffer.size();
    if (::getsockopt(socket.native(), IPPROTO_TCP, TCP_INFO, buffer.data(), &length) != 0)
        return {};
    return {buffer.begin(), buffer.begin() + length};
}

// Only a TCP socket has TCP_INFO, and its first byte is the state, so this saves three getsockopt
// calls, which matters with thousands of sockets.
std::optional<SocketKind> kind_by_tcp_info(const Bytes& info, int family) {
    if (info.empty() || family == AF_UNSPEC)
        return std::nullopt;
    const bool listening = info[0] == std::byte{TCP_LISTEN};
    return SocketKind{family, SOCK_STREAM, IPPROTO_TCP, listening};
}

// The peer of a UNIX socket may be unnamed, as with socketpair(2).
std::string state_of(const SocketFacts& facts, const Name& peer) {
    if (!facts.tcp_info.empty())
        return tcp_state_name(std::to_integer<unsigned>(facts.tcp_info[0]));
    if (facts.kind.listening)
        return "LISTEN";
    return peer.family == AF_UNIX || !peer.text.empty() ? "ESTABLISHED" : "UNCONN";
}

}  // namespace

Result<SocketFacts> facts_of(const Socket& socket) {
    SocketFacts facts;
    if (socket.option(SOL_SOCKET, SO_PROTOCOL).value_or(0) == IPPROTO_TCP)
        facts.tcp_info = tcp_info_of(socket);
    Name local = address_by(socket, ::getsockname);
    const auto tcp = kind_by_tcp_info(facts.tcp_info, local.family);
    const auto kind = tcp ? Result<SocketKind>(*tcp) : kind_of(socket);
    if (!kind)
        return fail(kind.error());
    facts.kind = *kind;
    facts.local = std::move(local.text);
    facts.local_address = local.address;
    Name peer = kind->listening ? Name() : address_by(socket, ::getpeername);
    facts.other_namespace = other_namespace_of(socket);
    facts.state = state_of(facts, peer);
    if (facts.state == "SYN_SENT")
        peer = address_by(socket, destination_of);
    facts.peer = std::move(peer.text);
    facts.peer_address = peer.address;
    return facts;
}

}  // namespace sockbox::net
