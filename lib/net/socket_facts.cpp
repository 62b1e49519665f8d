// State and addresses of a socket.
#include "net/socket_facts.h"

#include "net/option.h"

namespace sockbox::net {
namespace {

// TCP's own word for it, where the system has one.
std::string tcp_state(const Socket& socket) {
    const auto info = read_option(socket, Option::find("TCP_INFO").value());
    const auto* fields = info ? std::get_if<Fields>(&*info) : nullptr;
    if (fields == nullptr || fields->empty())
        return {};
    const auto* state = std::get_if<std::string>(&fields->front().value);
    return state != nullptr ? *state : std::string();
}

std::string state_of(const Socket& socket, const SocketFacts& facts) {
    constexpr int tcp = 6;
    if (facts.kind.listening)
        return "LISTEN";
    if (facts.kind.protocol == tcp && facts.kind.type == SOCK_STREAM)
        if (std::string state = tcp_state(socket); !state.empty())
            return state;
    return facts.peer.empty() ? "UNCONN" : "ESTABLISHED";
}

}  // namespace

Result<SocketFacts> facts_of(const Socket& socket) {
    const auto kind = kind_of(socket);
    if (!kind)
        return fail(kind.error());
    SocketFacts facts{*kind, {}, local_name(socket), peer_name(socket), {}};
    if (const auto local = socket.local())
        facts.local_port = local->port();
    facts.state = state_of(socket, facts);
    return facts;
}

}  // namespace sockbox::net
