// Counts clients against the limits.
#include "serve/limits/admission.h"

#include <fmt/format.h>

namespace sockbox::serve {
namespace {

tl::unexpected<Refused> refuse(Refusal reason, const net::Endpoint& peer, std::string why) {
    return tl::unexpected<Refused>(
        {reason, {{}, "refuse", peer.unmapped().to_string(), std::move(why), {}}});
}

net::Endpoint client_of(const net::Endpoint& peer) {
    return peer.unmapped().with_port(0);
}

}  // namespace

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
