// What else can be said of each address of an answer.
#include <algorithm>

#include "net/resolver.h"
#include "probe/lookup.h"

namespace sockbox::probe {
namespace {

using net::Endpoint;

// The name of the address, confirmed by asking for the addresses of that name.
net::Result<ReverseName> reverse_of(const Endpoint& endpoint) {
    auto name = net::resolve_name(endpoint);
    if (!name)
        return net::fail(name.error());
    const auto back = net::resolve(*name, {}, {0, net::native_family(endpoint.family()), 0, 0});
    const auto is_it = [&](const net::ResolvedAddress& address) {
        return address.endpoint.with_port(0) == endpoint.with_port(0);
    };
    const bool confirmed =
        back && std::any_of(back->addresses.begin(), back->addresses.end(), is_it);
    return ReverseName{std::move(*name), confirmed};
}

}  // namespace

void examine(Lookup& lookup, const Examination& examination, const std::function<bool()>& step) {
    const auto& addresses = lookup.answer->addresses;
    lookup.details.resize(addresses.size());
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const auto same = [&](const net::ResolvedAddress& other) {
            return other.endpoint == addresses[i].endpoint;
        };
        const auto first = static_cast<std::size_t>(
            std::find_if(addresses.begin(), addresses.end(), same) - addresses.begin());
        if (first < i) {
            lookup.details[i] = lookup.details[first];
            continue;
        }
        if (examination.route)
            lookup.details[i].route = net::route_to(addresses[i].endpoint);
        if (examination.reverse)
            lookup.details[i].reverse = reverse_of(addresses[i].endpoint);
        if (!step())
            return;
    }
}

void give_up_details(Lookup& lookup, const Examination& examination, const net::Error& reason) {
    for (Detail& detail : lookup.details) {
        if (examination.route && !detail.route)
            detail.route = net::fail(reason);
        if (examination.reverse && !detail.reverse)
            detail.reverse = net::fail(reason);
    }
}

}  // namespace sockbox::probe
