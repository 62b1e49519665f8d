// Destination Address Selection: the facts, the rules, and the rules in words.
#include "net/selection/destination_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "net/route.h"

namespace sockbox::net {
namespace {

constexpr int last_deciding_rule = 9;
constexpr int unchanged_rule = 10;

constexpr std::array<std::string_view, 10> rule_names{
    "avoid unusable destinations", "prefer matching scope", "avoid deprecated addresses",
    "prefer home addresses",       "prefer matching label", "prefer higher precedence",
    "prefer native transport",     "prefer smaller scope",  "use longest matching prefix",
    "leave the order unchanged",
};

std::string name_of_rule(int rule) {
    return fmt::format("rule {}, {}", rule, rule_names[static_cast<std::size_t>(rule - 1)]);
}

// What is known about a source address; null if nothing.
const HostAddress* find_source(const Endpoint& source, const std::vector<HostAddress>& host) {
    const auto counts = [](const HostAddress& one) {
        return one.address.family() == Family::ipv6 && !one.address.is_loopback();
    };
    if (std::ranges::none_of(host, counts))
        return nullptr;
    // Any address of 127.0.0.0/8 may be a source, but the interface has only this one.
    const bool loopback = source.family() == Family::ipv4 && source.is_loopback();
    const Endpoint wanted = loopback ? Endpoint::loopback(Family::ipv4) : source;
    const auto found = std::ranges::find_if(host, [&wanted](const HostAddress& one) {
        return common_bits(one.address, wanted) == 128;
    });
    return found == host.end() ? nullptr : &*found;
}

unsigned matching_bits(const Endpoint& destination, const Endpoint& source,
                       unsigned prefix_length) {
    const unsigned common = common_bits(destination, source);
    if (destination.family() == Family::ipv6)
        return common;
    // glibc takes a length of 0, which includes an unknown one, for that of a whole address.
    const unsigned needed = prefix_length == 0 ? 32 : prefix_length;
    return common - 96 >= needed ? common - 96 : 0;
}

// Positive if the rule prefers `a`, negative if it prefers `b`, 0 if it does not decide.
int preference(int rule, const DestinationFacts& a, const DestinationFacts& b) noexcept {
    const auto more = [](auto x, auto y) {
        return static_cast<int>(x > y) - static_cast<int>(x < y);
    };
    switch (rule) {
        case 1: return more(a.reachable, b.reachable);
        case 6: return more(a.precedence, b.precedence);
        case 8: return more(b.scope, a.scope);
        default: break;
    }
    if (!a.reachable)  // nor is `b`: rule 1 comes first
        return 0;
    switch (rule) {
        case 2: return more(a.scope == a.source_scope, b.scope == b.source_scope);
        case 3: return more(b.deprecated, a.deprecated);
        case 4: return more(a.home, b.home);
        case 5: return more(a.label == a.source_label, b.label == b.source_label);
        case 7: return a.interface == b.interface ? 0 : more(a.native, b.native);
        default: return a.family == b.family ? more(a.matching_bits, b.matching_bits) : 0;
    }
}

// The values by which the rule prefers `a` to `b`, which follows it.
std::string values_of(int rule, const DestinationFacts& a, const DestinationFacts& b) {
    switch (rule) {
        case 1: return "it has a source address, the next has none";
        case 2:
            return fmt::format("{} as its source, the next {} but its source {}",
                               scope_name(a.scope), scope_name(b.scope),
                               scope_name(b.source_scope));
        case 3: return "the source of the next is deprecated";
        case 4: return "its source is one, that of the next is not";
        case 5:
            return fmt::format("{} as its source, the next {} but its source {}", a.label, b.label,
                               b.source_label);
        case 6: return fmt::format("{}, the next {}", a.precedence, b.precedence);
        case 7:
            return b.interface == 0 ? "the source of the next is on no known interface"
                                    : "the next is reached through a tunnel";
        case 8: return fmt::format("{}, the next {}", scope_name(a.scope), scope_name(b.scope));
        case 9:
            return fmt::format("{} bits as in its source, the next {}", a.matching_bits,
                               b.matching_bits);
        default: return "nothing else distinguishes the next";
    }
}

}  // namespace

DestinationFacts facts_about(const Endpoint& destination, const Result<Endpoint>& source,
                             const OrderContext& context) {
    const AddressPolicy& policy = context.policy;
    DestinationFacts facts;
    facts.family = destination.family();
    facts.scope = policy.scope(destination);
    facts.label = policy.label(destination);
    facts.precedence = policy.precedence(destination);
    facts.reachable = source.has_value();
    if (!source)
        return facts;
    facts.source_scope = policy.scope(*source);
    facts.source_label = policy.label(*source);
    const HostAddress* const known = find_source(*source, context.host);
    facts.matching_bits =
        matching_bits(destination, *source, known == nullptr ? 0 : known->prefix_length);
    if (known == nullptr)
        return facts;
    facts.deprecated = known->deprecated;
    facts.home = known->home;
    facts.temporary = known->temporary;
    facts.interface = known->interface;
    facts.native = !known->tunnel;
    return facts;
}

Decision decide(const DestinationFacts& first, const DestinationFacts& second) noexcept {
    for (int rule = 1; rule <= last_deciding_rule; ++rule)
        if (const int preferred = preference(rule, first, second); preferred != 0)
            return {rule, preferred > 0};
    return {unchanged_rule, true};
}

Result<std::vector<Placement>> explain_order(std::span<const Endpoint> answer) {
    const auto context = order_context();
    if (!context)
        return fail(context.error());
    std::vector<Placement> places;
    for (std::size_t i = 0; i < answer.size(); ++i) {
        // An address follows itself if it is returned for several types of socket.
        const bool again = i > 0 && answer[i] == answer[i - 1];
        auto source = again ? places.back().source : source_for(answer[i]);
        const DestinationFacts facts = facts_about(answer[i], source, *context);
        places.push_back({std::move(source), facts, {}, {}});
    }
    for (std::size_t i = 0; i + 1 < places.size(); ++i) {
        const DestinationFacts& facts = places[i].facts;
        const DestinationFacts& next = places[i + 1].facts;
        const auto [rule, first] = decide(facts, next);
        if (first)
            places[i].rule = rule;
        places[i].summary =
            answer[i] == answer[i + 1] ? name_of_rule(rule) + ": the next is the same address"
            : first ? fmt::format("{}: {}", name_of_rule(rule), values_of(rule, facts, next))
                    : fmt::format("not explained: {}, would put the next one first",
                                  name_of_rule(rule));
    }
    if (!places.empty())
        places.back().summary = "the last address";
    return places;
}

std::string scope_name(int scope) {
    switch (scope) {
        case 1: return "interface-local";
        case 2: return "link-local";
        case 4: return "admin-local";
        case 5: return "site-local";
        case 8: return "organization-local";
        case 14: return "global";
        default: return std::to_string(scope);
    }
}

}  // namespace sockbox::net
