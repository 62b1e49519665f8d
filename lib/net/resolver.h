// Name resolution by getaddrinfo(3) and getnameinfo(3), with every field of the result and the
// symbols of its numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/endpoint.h"
#include "net/socket.h"
#include "system/resolver_error.h"
#include "system/result.h"

namespace sockbox::net {

// The hints of getaddrinfo(3), in the system's own numbers (AI_…, AF_…, SOCK_…, IPPROTO_…).
struct ResolveHints {
    int flags = 0;               // AI_…
    int family = AF_UNSPEC;      // AF_…; AF_UNSPEC: any
    int socktype = SOCK_STREAM;  // SOCK_…; 0: any
    int protocol = 0;            // IPPROTO_…; 0: any
};

// One addrinfo of the result.
struct ResolvedAddress {
    int flags = 0;                          // AI_…
    int family = 0;                         // AF_…
    int socktype = 0;                       // SOCK_…
    int protocol = 0;                       // IPPROTO_…
    Endpoint endpoint;                      // the address, with the port of the service
    std::vector<std::byte> sockaddr_bytes;  // as the system returned them
};

// The answer of resolve().
struct Resolution {
    std::string canonical_name;              // empty unless requested; untrusted, so escape() it
    std::vector<ResolvedAddress> addresses;  // complete, in the resolver's order
};

// Resolves a name by the system's resolver. Blocks, for many seconds if name servers do not
// respond, and cannot be interrupted. An empty `host` or `service` means none; a host must have
// passed check_host(). Fails with a code of resolver_category() (EAI_…), or with the system's own
// code in place of EAI_SYSTEM and if no descriptors are left. Thread-safe.
//
//     ResolveHints hints;
//     hints.family = AF_INET6;
//     const auto found = resolve("example.org", "http", hints);
//     if (!found)
//         return fail(found.error());
//     for (const ResolvedAddress& address : found->addresses)
//         fmt::print("{}\n", address.endpoint.to_string());
Result<Resolution> resolve(const std::string& host, const std::string& service,
                           const ResolveHints& hints);

// The name of an address (getnameinfo(3) with NI_NAMEREQD). Blocks and fails as resolve() does. The
// name is untrusted, so escape() it.
Result<std::string> resolve_name(const Endpoint& endpoint);

// Parses a decimal port from `lowest` to 65535, or looks up the name of a service of that transport
// in the system's database. The range is checked here, because getaddrinfo(3) accepts 65536 as 0.
Result<std::uint16_t> resolve_port(std::string_view text, Transport transport,
                                   std::uint16_t lowest = 0);

// Resolves a host to the endpoints that a client may connect to, in the resolver's order without
// duplicates. Blocks as resolve() does, except for numeric addresses. If the host has addresses of
// the other family only, the error's hint states that, unless `hints` is false: it takes another
// lookup.
Result<std::vector<Endpoint>> resolve_endpoints(const std::string& host, std::uint16_t port,
                                                Family family, Transport transport,
                                                bool hints = true);

// "AF_INET", "SOCK_STREAM", "IPPROTO_TCP"; empty if the number has no symbol here, as socket type 0
// ("any"). Protocol 0 is "IPPROTO_IP".
std::string_view address_family_symbol(int family) noexcept;
std::string_view socket_type_symbol(int type) noexcept;
std::string_view protocol_symbol(int protocol) noexcept;

// The symbols of the AI_ flags that are set; bits without a symbol come last, as one hexadecimal
// number.
std::vector<std::string> flag_symbols(int flags);

// "any", "stream", "dgram", "raw", "seqpacket", or a number.
Result<int> parse_socket_type(std::string_view text);

// "tcp", "udp" …, another name from the system's list of protocols (protocols(5)), or a number. Not
// thread-safe (getprotobyname(3)).
Result<int> parse_protocol(std::string_view text);

// A comma-separated list of passive, canonname, numerichost, numericserv, v4mapped, all,
// addrconfig, idn and canonidn (where supported), and of numbers.
Result<int> parse_resolver_flags(std::string_view text);

// The words that these three accept, apart from other names of protocols(5).
std::vector<std::string> socket_type_words();
std::vector<std::string> protocol_words();
std::vector<std::string> resolver_flag_words();

}  // namespace sockbox::net
