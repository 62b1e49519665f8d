// Name resolution by getaddrinfo and getnameinfo: every field of the answer, and the numbers in it
// by name.
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

// What is asked: the fields of addrinfo as the system's own numbers (AI_, AF_, SOCK_, IPPROTO_).
struct ResolveHints {
    int flags = 0;
    int family = AF_UNSPEC;
    int socktype = SOCK_STREAM;
    int protocol = 0;
};

// One node of the answer.
struct ResolvedAddress {
    int flags = 0;
    int family = 0;
    int socktype = 0;
    int protocol = 0;
    Endpoint endpoint;
    std::vector<std::byte> sockaddr_bytes;  // as the system returned them
};

struct Resolution {
    std::string canonical_name;  // empty unless asked for; from the network, so escape it
    std::vector<ResolvedAddress> addresses;  // in the resolver's order, nothing removed
};

// Asks the system's resolver; blocks for as long as it takes. An empty `host` or `service` means
// none; a host must have passed check_host. Fails with a code of resolver_category(), or with the
// system's own where that says EAI_SYSTEM.
Result<Resolution> resolve(const std::string& host, const std::string& service,
                           const ResolveHints& hints);

// The name of an address (getnameinfo with NI_NAMEREQD); blocks likewise.
Result<std::string> resolve_name(const Endpoint& endpoint);

// A port in decimal from `lowest` to 65535, or the name of a service of that transport in the
// system's database. The number is checked here: getaddrinfo takes 65536 for 0.
Result<std::uint16_t> resolve_port(std::string_view text, Transport transport,
                                   std::uint16_t lowest = 0);

// What a client connects to: each address once, in the resolver's order. Numeric addresses do not
// ask the network. Where the host is known by addresses of the other family alone, a hint says so.
Result<std::vector<Endpoint>> resolve_endpoints(const std::string& host, std::uint16_t port,
                                                Family family, Transport transport);

// "AF_INET", "SOCK_STREAM", "IPPROTO_TCP"; empty for a number that has none here. A socket type of
// 0, which stands for any, has none; a protocol of 0 is IPPROTO_IP.
std::string_view address_family_symbol(int family) noexcept;
std::string_view socket_type_symbol(int type) noexcept;
std::string_view protocol_symbol(int protocol) noexcept;

// The AI_ flags that are set, in ascending order; the bits that have no symbol come last, together,
// as one number in hex.
std::vector<std::string> flag_symbols(int flags);

// "any", "stream", "dgram", "raw", "seqpacket", or a number.
Result<int> parse_socket_type(std::string_view text);

// "tcp", "udp", …, or another name from the system's list of protocols, or a number.
Result<int> parse_protocol(std::string_view text);

// A comma list of "passive,canonname,numerichost,numericserv,v4mapped,all,addrconfig,idn,canonidn",
// and of numbers.
Result<int> parse_resolver_flags(std::string_view text);

}  // namespace sockbox::net
