// Counts clients against the limits.
#include "serve/limits/admission.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace sockbox::serve {
namespace {

tl::unexpected<Refused> refuse(Refusal reason, const net::Endpoint& peer, std::string why) {
    return tl::unexpected<Refused>(
        {reason, {{}, "refuse", peer.unmapped().to_string(), std::move(why), {}}});
}

}  // namespace

// The first address of the client's network, with port 0. A host has all addresses of its IPv6
// network at will, but the link-local addresses of a link belong to many hosts.
net::Endpoint Admission::client_of(const net::Endpoint& peer) const noexcept {
    const net::Endpoint client = peer.unmapped().with_port(0);
    if (client.family() != net::Family::ipv6 || client.is_link_local())
        return client;
    sockaddr_in6 native{};
    std::memcpy(&native, client.data(), sizeof native);
    for (unsigned i = 0; i < sizeof native.sin6_addr.s6_addr; ++i) {
        const unsigned kept = std::clamp(limits_.ipv6_prefix, 8 * i, 8 * i + 8) - 8 * i;
        native.sin6_addr.s6_addr[i] &= static_cast<std::uint8_t>(0xff00U >> kept);
    }
    return *net::Endpoint::from_native(
        static_cast<const sockaddr*>(static_cast<const void*>(&native)), sizeof native);
}

void Admission::Ticket::give_back() noexcept {
    if (Admission* from = std::exchange(admission_, nullptr))
        from->release(peer_);
}

tl::expected<Admission::Ticket, Refused> Admission::admit(const net::Endpoint& peer) {
    if (!limits_.access.allows(peer))
        return refuse(Refusal::denied, peer, "the access list denies it (--allow, --deny)");
    const std::lock_guard lock(mutex_);
    if (limits_.once && admitted_ > 0)
        return refuse(Refusal::once, peer, "only one client is served (--once)");
    if (limits_.connections != 0 && open_ >= limits_.connections)
        return refuse(Refusal::max_connections, peer,
                      fmt::format("no more than {} may be open (--max-connections)", open_));
    if (limits_.per_client != 0) {
        std::size_t& open = open_by_client_[client_of(peer)];
        if (open >= limits_.per_client)
            return refuse(Refusal::max_per_client, peer,
                          fmt::format("it may have no more than {} (--max-per-client)", open));
        ++open;
    }
    ++open_;
    return Ticket(*this, peer, ++admitted_);
}

void Admission::release(const net::Endpoint& peer) {
    const std::lock_guard lock(mutex_);
    --open_;
    if (limits_.once)
        drain_.raise();
    if (limits_.per_client == 0)
        return;
    const auto found = open_by_client_.find(client_of(peer));
    if (--found->second == 0)
        open_by_client_.erase(found);
}

}  // namespace sockbox::serve
