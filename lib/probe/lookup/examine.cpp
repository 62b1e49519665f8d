// Reverse lookups, routes and connections for each address of an answer.
#include <algorithm>

#include "net/resolver.h"
#include "probe/lookup/lookup.h"

namespace sockbox::probe {
namespace {

using net::Endpoint;

// The name of an address, confirmed by looking up the addresses of that name.
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

std::vector<Endpoint> distinct(const std::vector<net::ResolvedAddress>& addresses) {
    std::vector<Endpoint> endpoints;
    for (const net::ResolvedAddress& address : addresses)
        if (std::find(endpoints.begin(), endpoints.end(), address.endpoint) == endpoints.end())
            endpoints.push_back(address.endpoint);
    return endpoints;
}

// Applies `found` to the details of every entry with this endpoint.
void assign(Lookup& lookup, const Endpoint& endpoint, const auto& found) {
    for (std::size_t i = 0; i < lookup.details.size(); ++i)
        if (lookup.answer->addresses[i].endpoint == endpoint)
            found(lookup.details[i]);
}

void try_connecting(Lookup& lookup, const std::vector<Endpoint>& endpoints,
                    std::chrono::nanoseconds timeout) {
    const auto trials = connect_to_all(endpoints, timeout);
    for (std::size_t i = 0; i < endpoints.size(); ++i)
        assign(lookup, endpoints[i], [&](Detail& detail) { detail.connect = trials[i]; });
    const auto choice = happy_eyeballs_choice(endpoints, trials);
    for (std::size_t i = lookup.details.size(); choice && i-- > 0;)
        if (lookup.answer->addresses[i].endpoint == endpoints[*choice])
            lookup.preferred = i;
}

}  // namespace

void examine(Lookup& lookup, const Examination& examination, const ExamineStep& step) {
    const std::vector<Endpoint> endpoints = distinct(lookup.answer->addresses);
    lookup.details.resize(lookup.answer->addresses.size());
    for (const Endpoint& endpoint : endpoints) {
        if (examination.route) {
            const auto route = net::route_to(endpoint);
            assign(lookup, endpoint, [&](Detail& detail) { detail.route = route; });
        }
        if (!examination.reverse)
            continue;
        if (!step(false))
            return;
        const auto name = reverse_of(endpoint);
        assign(lookup, endpoint, [&](Detail& detail) { detail.reverse = name; });
    }
    if (examination.connect && step(true))
        try_connecting(lookup, endpoints, examination.connect_timeout);
}

bool satisfies(const Lookup& lookup, const Examination& examination) {
    return lookup.answer && (!examination.connect || lookup.preferred);
}

void give_up_details(Lookup& lookup, const Examination& examination, const net::Error& reason) {
    for (Detail& detail : lookup.details) {
        if (examination.route && !detail.route)
            detail.route = net::fail(reason);
        if (examination.reverse && !detail.reverse)
            detail.reverse = net::fail(reason);
        if (examination.connect && !detail.connect)
            detail.connect = ConnectTrial{{}, reason};
    }
}

}  // namespace sockbox::probe
