// IPv4 and IPv6 addresses with a port: parsing, text form (RFC 5952) and classification.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "system/platform.h"
#include "system/result.h"

namespace sockbox::net {

// The family of an address.
enum class Family : std::uint8_t { any, ipv4, ipv6 };

// AF_UNSPEC, AF_INET or AF_INET6.
int native_family(Family family) noexcept;

// "IPv4", "IPv6" or "any".
std::string_view family_name(Family family) noexcept;

// An IPv4 or IPv6 address, with its zone, and a port: a value of 28 bytes that can be passed to the
// system (data() and size()). Default-constructed it is 0.0.0.0:0.
//
//     const auto server = Endpoint::parse("2001:db8::1", 7);
//     if (!server)
//         return fail(server.error());
//     fmt::print("{}\n", server->to_string());  // "[2001:db8::1]:7"
class Endpoint {
  public:
    Endpoint() noexcept : storage_{} { storage_.v4.sin_family = AF_INET; }

    // Parses a numeric address: "192.0.2.1" (four decimal parts), "2001:db8::1", "[2001:db8::1]";
    // an IPv6 address may have a zone (RFC 4007), the name or index of an existing interface:
    // "fe80::1%eth0". Fails on anything else, host names included; never queries a resolver.
    static Result<Endpoint> parse(std::string_view address, std::uint16_t port = 0);

    // The unspecified address, which a server binds to accept on all addresses, and the loopback
    // address. Family::any is IPv4 here.
    static Endpoint any(Family family, std::uint16_t port = 0) noexcept;
    static Endpoint loopback(Family family, std::uint16_t port = 0) noexcept;

    // Copies an address that a system call filled in. Fails with
    // std::errc::address_family_not_supported if it is not an IPv4 or IPv6 address.
    static Result<Endpoint> from_native(const sockaddr* address, SocketLength length);

    // The parts of the endpoint.
    Family family() const noexcept;
    std::uint16_t port() const noexcept;       // in host byte order
    std::uint32_t scope_id() const noexcept;   // interface index; 0: none
    std::uint32_t flow_info() const noexcept;  // in host byte order
    // The same address with another port.
    Endpoint with_port(std::uint16_t port) const noexcept;

    // a.b.c.d for ::ffff:a.b.c.d, and the reverse (RFC 4291, section 2.5.5.2). Any other address is
    // returned unchanged.
    Endpoint unmapped() const noexcept;
    Endpoint mapped() const noexcept;

    // Whether the address is an IPv4 address mapped into IPv6.
    bool is_v4_mapped() const noexcept;
    // These classify a v4-mapped address as the IPv4 address in it.
    bool is_unspecified() const noexcept;
    bool is_loopback() const noexcept;
    bool is_multicast() const noexcept;
    bool is_link_local() const noexcept;
    // Whether one host can own the address: not multicast, unspecified, in 0.0.0.0/8, limited
    // broadcast or class E (240.0.0.0/4). The broadcast address of a subnet cannot be recognized
    // without its prefix length, apart from that of loopback, 127.255.255.255.
    bool is_unicast() const noexcept;

    // Whether the address belongs to a zone (RFC 4007): link-local unicast, and link-local and
    // interface-local multicast. Systems ignore the zone of any other address.
    bool uses_zone() const noexcept;
    // The same address with scope_id() 0.
    Endpoint without_zone() const noexcept;

    // "192.0.2.1", "2001:db8::1", "fe80::1%eth0" (RFC 5952); the zone, of an address that uses one,
    // is the interface's name, or its index if it has none. IPv4 addresses mapped or translated
    // into IPv6 are shown as such: "::ffff:192.0.2.1", "64:ff9b::192.0.2.1".
    std::string address() const;
    // "192.0.2.1:80", "[fe80::1%eth0]:80".
    std::string to_string() const;

    // The 4 or 16 bytes of the address in network byte order, valid as long as this object.
    std::span<const std::byte> bytes() const noexcept;

    // What system calls take: the socket address, valid as long as this object, and its length.
    const sockaddr* data() const noexcept { return &storage_.any; }
    SocketLength size() const noexcept;
    // For a system call that fills in an IPv4 or IPv6 address, of at most max_size bytes.
    sockaddr* data() noexcept { return &storage_.any; }
    static constexpr SocketLength max_size = sizeof(sockaddr_in6);

    // Compares family, address and port, and the zone if the address uses one. The flow label is
    // ignored: it does not identify a peer.
    friend bool operator==(const Endpoint& a, const Endpoint& b) noexcept;

  private:
    union Storage {
        sockaddr_in6 v6;  // first, because it is the largest: {} zeroes all of them
        sockaddr_in v4;
        sockaddr any;
    } storage_;
};

inline Family Endpoint::family() const noexcept {
    return storage_.any.sa_family == AF_INET6 ? Family::ipv6 : Family::ipv4;
}

inline std::uint16_t Endpoint::port() const noexcept {
    return ntohs(family() == Family::ipv6 ? storage_.v6.sin6_port : storage_.v4.sin_port);
}

inline SocketLength Endpoint::size() const noexcept {
    return family() == Family::ipv6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
}

inline bool Endpoint::is_v4_mapped() const noexcept {
    return family() == Family::ipv6 && IN6_IS_ADDR_V4MAPPED(&storage_.v6.sin6_addr);
}

// A hint that an IPv6 link-local address needs a zone; empty if it has one, and for any other
// address.
std::string zone_hint(const Endpoint& endpoint);

// Splits "HOST:PORT", "[IPV6]:PORT" or ":PORT" (an empty host). The host is checked by
// check_host(); the port or service name is not checked. Fails if there is no port, and on an IPv6
// address without brackets, which would be ambiguous.
struct HostPort {
    std::string host;  // without brackets
    std::string port;  // a number or the name of a service
};
Result<HostPort> split_host_port(std::string_view text);
// The same for "[ADDR:]PORT", where a server listens: without a colon, the text is the port.
Result<HostPort> split_listen_address(std::string_view text);

// Checks a host from a command line before it is passed to a resolver, and returns it without
// brackets. Fails if it is empty, contains a NUL byte or includes a port, if brackets are not
// paired or enclose anything but an IPv6 address, and if the zone of an IPv6 address does not
// exist.
Result<std::string> check_host(std::string_view text);

}  // namespace sockbox::net

template <>
struct std::hash<sockbox::net::Endpoint> {
    std::size_t operator()(const sockbox::net::Endpoint& endpoint) const noexcept;
};
