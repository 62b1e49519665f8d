// The order of the addresses in an answer of getaddrinfo(3), and the rule behind it: Destination
// Address Selection (RFC 6724, section 6) as glibc implements it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/endpoint.h"
#include "net/selection/address_policy.h"
#include "system/result.h"

namespace sockbox::net {

// An address of this host.
struct HostAddress {
    Endpoint address;             // on a point-to-point link, that of the other end
    unsigned prefix_length = 0;   // 0 to 32 for IPv4, to 128 for IPv6
    std::uint32_t interface = 0;  // index; never 0 for an existing interface
    bool deprecated = false;      // or not yet checked for duplicates ("optimistic", RFC 4429)
    bool home = false;            // of Mobile IPv6
    bool temporary = false;       // of the privacy extensions (RFC 8981)
    bool tunnel = false;          // the interface encapsulates IP in IP
};

// What the system's resolver orders addresses by, apart from the addresses themselves.
struct OrderContext {
    AddressPolicy policy;           // gai.conf
    std::vector<HostAddress> host;  // the addresses of the interfaces
};

// Reads the context of this thread's network namespace: gai.conf(5), at the first call only unless
// it contains "reload yes", as glibc does, and the addresses of the interfaces. Does not block.
// Fails with std::errc::not_supported unless the C library is glibc.
Result<OrderContext> order_context();

// The facts about one address that decide its place.
struct DestinationFacts {
    Family family = Family::any;  // of the destination
    bool reachable = false;   // it has a source address; otherwise nothing about a source applies
    int scope = 0;            // of the destination
    int source_scope = 0;     // of the source
    int label = 0;            // of the destination
    int source_label = 0;     // of the source
    int precedence = 0;       // of the destination
    bool deprecated = false;  // the source address
    bool home = false;        // the source address
    bool temporary = false;   // the source address; decides nothing
    std::uint32_t interface = 0;  // of the source address; 0: unknown
    bool native = false;          // it is known, and no tunnel
    unsigned matching_bits = 0;   // leading bits that are equal in destination and source
};

// The facts about a destination with this source address, or without one. glibc's way differs from
// the RFC: it knows the flags and prefix lengths of source addresses only if the host has an IPv6
// address other than ::1; it compares the bits of IPv4 addresses only inside the source's subnet,
// and those of IPv6 addresses also beyond the source's prefix.
DestinationFacts facts_about(const Endpoint& destination, const Result<Endpoint>& source,
                             const OrderContext& context);

// The rule of RFC 6724, section 6, that decides between two addresses: 1 to 9, or 10 if none of
// them does, so that the order stays as it was.
struct Decision {
    int rule = 10;      // 1 to 10
    bool first = true;  // whether it prefers the first one
};
Decision decide(const DestinationFacts& first, const DestinationFacts& second) noexcept;

// The place of an address in an answer.
struct Placement {
    Result<Endpoint> source;  // with port 0; fails if there is none, as connect(2) does
    DestinationFacts facts;   // those compared with the next address
    // The rule that put the address before the next one; nullopt for the last one, and if the
    // resolver's order is not explained by any rule.
    std::optional<int> rule;
    // One line, such as "rule 6, prefer higher precedence: 40, the next 10".
    std::string summary;
};

// Explains the order of an answer. Finds the source addresses as glibc does, by connecting
// datagram sockets, which sends nothing and does not block. Fails as order_context() does.
//
//     const auto places = explain_order(endpoints);
//     if (!places)
//         return fail(places.error());
//     for (const Placement& place : *places)
//         fmt::print("{}\n", place.summary);
Result<std::vector<Placement>> explain_order(std::span<const Endpoint> answer);

// "global", "link-local", "site-local"…; the number if it has no name (RFC 4291, section 2.7).
std::string scope_name(int scope);

}  // namespace sockbox::net
