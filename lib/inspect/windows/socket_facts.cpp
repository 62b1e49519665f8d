// Socket facts on Windows, for IPv4 and IPv6.
#include "inspect/socket_facts.h"

namespace sockbox::net {

Result<SocketFacts> facts_of(const Socket& socket) {
    const auto kind = kind_of(socket);
    if (!kind)
        return fail(kind.error());
    SocketFacts facts;
    facts.kind = *kind;
    if (const auto local = socket.local()) {
        facts.local = local->to_string();
        facts.local_address = *local;
    }
    if (const auto peer = socket.peer()) {
        facts.peer = peer->to_string();
        facts.peer_address = *peer;
    }
    facts.state = kind->listening ? "LISTEN" : facts.peer.empty() ? "UNCONN" : "ESTABLISHED";
    return facts;
}

}  // namespace sockbox::net
