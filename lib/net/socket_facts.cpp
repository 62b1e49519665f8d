// State and addresses of a socket.
#include "net/socket_facts.h"

#include "net/option.h"

namespace sockbox::net {
namespace {

// The account that TCP gives of itself; none where the system or the socket has none.
std::optional<OptionValue> tcp_info_of(const Socket& socket, const SocketKind& kind) {
    static const Option option = Option::find("TCP_INFO").value();
    constexpr int tcp = 6;
    if (kind.protocol != tcp || kind.type != SOCK_STREAM)
        return std::nullopt;
    auto info = try_read(socket, option);
    return info ? std::optional(std::move(*info)) : std::nullopt;
}

std::string state_of(const SocketFacts& facts) {
    if (facts.kind.listening)
        return "LISTEN";
    const auto* fields = facts.tcp_info ? std::get_if<Fields>(&*facts.tcp_info) : nullptr;
    if (fields != nullptr && !fields->empty())
        if (const auto* state = std::get_if<std::string>(&fields->front().value))
            return *state;
    return facts.peer.empty() ? "UNCONN" : "ESTABLISHED";
}

}  // namespace

Result<SocketFacts> facts_of(const Socket& socket) {
    const auto kind = kind_of(socket);
    if (!kind)
        return fail(kind.error());
    SocketFacts facts;
    facts.kind = *kind;
    facts.other_namespace = other_namespace_of(socket);
    add_addresses(socket, facts);
    facts.tcp_info = tcp_info_of(socket, *kind);
    facts.state = state_of(facts);
    return facts;
}

}  // namespace sockbox::net
