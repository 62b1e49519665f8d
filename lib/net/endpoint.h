// An IPv4 or IPv6 address with a port: parsing, RFC 5952 text, and what kind of address it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "system/platform.h"
#include "system/result.h"

namespace sockbox::net {

enum class Family : std::uint8_t { any, ipv4, ipv6 };

// AF_UNSPEC, AF_INET or AF_INET6.
int native_family(Family family) noexcept;

// "IPv4", "IPv6" or "any".
std::string_view family_name(Family family) noexcept;

// A value of 28 bytes; default-constructed it is 0.0.0.0:0.
class Endpoint {
  public:
    Endpoint() noexcept;

    // A numeric address: "192.0.2.1" (four decimal parts), "2001:db8::1", "[2001:db8::1]", or an
    // IPv6 address with "%" and an interface's name or index. Never asks a resolver.
    static Result<Endpoint> parse(std::string_view address, std::uint16_t port = 0);

    // The unspecified address, which a server binds to take all; and the loopback address.
    static Endpoint any(Family family, std::uint16_t port = 0) noexcept;
    static Endpoint loopback(Family family, std::uint16_t port = 0) noexcept;

    // From what the system filled in; EAFNOSUPPORT when it is not an IP address.
    static Result<Endpoint> from_native(const sockaddr* address, SocketLength length);

    Family family() const noexcept;
    std::uint16_t port() const noexcept;  // host order
    std::uint32_t scope_id() const noexcept;
    std::uint32_t flow_info() const noexcept;  // host order
    Endpoint with_port(std::uint16_t port) const noexcept;

    // ::ffff:a.b.c.d as a.b.c.d; any other address unchanged. And the other way round.
    Endpoint unmapped() const noexcept;
    Endpoint mapped() const noexcept;

    bool is_v4_mapped() const noexcept;
    bool is_unspecified() const noexcept;
    bool is_loopback() const noexcept;
    bool is_multicast() const noexcept;
    bool is_link_local() const noexcept;
    // An address that one host can own: not multicast, unspecified, limited broadcast or class E.
    // A subnet's broadcast address cannot be told without its prefix, but 127.255.255.255 is.
    bool is_unicast() const noexcept;

    // "2001:db8::1%eth0"; the scope by interface name, or index when it has none.
    std::string address() const;
    // "192.0.2.1:80", "[2001:db8::1%eth0]:80".
    std::string to_string() const;

    // The 4 or 16 bytes of the address in network order.
    std::span<const std::byte> bytes() const noexcept;

    const sockaddr* data() const noexcept { return &storage_.any; }
    SocketLength size() const noexcept;

    // Family, address, port and scope; the flow label is not part of who a peer is.
    friend bool operator==(const Endpoint& a, const Endpoint& b) noexcept;

  private:
    union Storage {
        sockaddr any;
        sockaddr_in v4;
        sockaddr_in6 v6;
    } storage_;
};

// What an IPv6 link-local address without a zone lacks, as a hint; empty for any other address.
std::string zone_hint(const Endpoint& endpoint);

// "HOST:PORT", "[v6]:PORT" or ":PORT" (an empty host) split at the right colon; the port or
// service is not looked at. A bare IPv6 address with a port is refused as ambiguous.
struct HostPort {
    std::string host;
    std::string port;
};
Result<HostPort> split_host_port(std::string_view text);
// The same for "[ADDR:]PORT", where a server listens: without a colon, the text is the port.
Result<HostPort> split_listen_address(std::string_view text);

// A host as a command line may name it, checked before any resolver sees it: not empty, brackets
// paired and around IPv6 only. Returns it without brackets.
Result<std::string> check_host(std::string_view text);

}  // namespace sockbox::net

template <>
struct std::hash<sockbox::net::Endpoint> {
    std::size_t operator()(const sockbox::net::Endpoint& endpoint) const noexcept;
};
