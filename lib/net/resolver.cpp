// getaddrinfo and getnameinfo, with our own checks before them.
#include "net/resolver.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "text/escape.h"
#include "text/units.h"

namespace sockbox::net {
namespace {

struct FreeAddresses {
    void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, FreeAddresses>;

bool no_descriptor_left(const std::error_code& error) {
    return error == std::errc::too_many_files_open ||
           error == std::errc::too_many_files_open_in_system;
}

// What getaddrinfo's answer stands for; asked right after the call, before errno changes. glibc
// takes a source that it has no descriptor for as one that knows nothing, and calls the name
// unknown: errno tells, where it was 0 before the call.
std::error_code meaning(int code) {
    const std::error_code last = platform::last_error();
    if (no_descriptor_left(last))
        return last;
#ifdef EAI_SYSTEM
    if (code == EAI_SYSTEM)
        return last;
#endif
    return {code, resolver_category()};
}

tl::unexpected<Error> resolve_failure(std::error_code code, std::string subject) {
    std::string detail;
    // glibc lets a name that does not fit into a query fail as a system call would.
    if (code == std::errc::message_size) {
        code = {EAI_NONAME, resolver_category()};
        detail = "longer than a name can be";
    }
    return fail({code, "resolve", std::move(subject), std::move(detail), {}});
}

const char* text_or_null(const std::string& text) {
    return text.empty() ? nullptr : text.c_str();
}

ResolvedAddress copy_node(const addrinfo& node) {
    const auto* bytes = static_cast<const std::byte*>(static_cast<const void*>(node.ai_addr));
    return {node.ai_flags,
            node.ai_family,
            node.ai_socktype,
            node.ai_protocol,
            Endpoint::from_native(node.ai_addr, static_cast<SocketLength>(node.ai_addrlen))
                .value_or(Endpoint()),
            {bytes, bytes + node.ai_addrlen}};
}

}  // namespace

Result<Resolution> resolve(const std::string& host, const std::string& service,
                           const ResolveHints& hints) {
    if (const std::error_code error = platform::start())
        return fail({error, "start the socket library", {}, {}, {}});
    addrinfo native{};
    native.ai_flags = hints.flags;
    native.ai_family = hints.family;
    native.ai_socktype = hints.socktype;
    native.ai_protocol = hints.protocol;
    addrinfo* found = nullptr;
    errno = 0;
    const int code = ::getaddrinfo(text_or_null(host), text_or_null(service), &native, &found);
    if (code != 0)
        return resolve_failure(meaning(code), escape(host.empty() ? service : host));
    const AddressList list(found);
    Resolution resolution;
    for (const addrinfo* node = list.get(); node != nullptr; node = node->ai_next) {
        if (node->ai_canonname != nullptr && resolution.canonical_name.empty())
            resolution.canonical_name = node->ai_canonname;
        resolution.addresses.push_back(copy_node(*node));
    }
    return resolution;
}

Result<std::string> resolve_name(const Endpoint& endpoint) {
    std::array<char, NI_MAXHOST> host{};
    errno = 0;
    const int code = ::getnameinfo(endpoint.data(), endpoint.size(), host.data(),
                                   static_cast<SocketLength>(host.size()), nullptr, 0, NI_NAMEREQD);
    if (code != 0)
        return resolve_failure(meaning(code), endpoint.address());
    return std::string(host.data());
}

Result<std::uint16_t> resolve_port(std::string_view text, Transport transport,
                                   std::uint16_t lowest) {
    auto port = parse_port(text, lowest);
    const bool numeric = text.find_first_not_of("0123456789+-.") == text.npos;
    if (port || numeric || text.starts_with("0x") || text.find_first_of(" \t") != text.npos)
        return port;
    const ResolveHints hints{0, AF_INET, transport == Transport::tcp ? SOCK_STREAM : SOCK_DGRAM, 0};
    const auto answer = resolve({}, std::string(text), hints);
    if (!answer || answer->addresses.empty())
        return fail_text(fmt::format("'{}' is neither a port from {} to 65535 nor a known service",
                                     escape(text), lowest));
    return answer->addresses.front().endpoint.port();
}

namespace {

// What is known of a host of which the family asked for is not; nothing where that is not the
// reason.
std::string hint_of_families(const std::string& host, const ResolveHints& asked,
                             const Error& error) {
    const bool is_of_host = error.code.category() == resolver_category() &&
                            error.code.value() != EAI_AGAIN && asked.family != AF_UNSPEC;
    ResolveHints any = asked;
    any.family = AF_UNSPEC;
    if (!is_of_host || !resolve(host, {}, any))
        return {};
    const bool asked_ipv6 = asked.family == AF_INET6;
    return fmt::format("{} has only {} addresses, and {} was asked for", escape(host),
                       asked_ipv6 ? "IPv4" : "IPv6", asked_ipv6 ? "IPv6" : "IPv4");
}

}  // namespace

Result<std::vector<Endpoint>> resolve_endpoints(const std::string& host, std::uint16_t port,
                                                Family family, Transport transport) {
    const ResolveHints hints{0, native_family(family),
                             transport == Transport::tcp ? SOCK_STREAM : SOCK_DGRAM, 0};
    const auto answer = resolve(host, {}, hints);
    if (!answer) {
        Error error = answer.error();
        error.hint = hint_of_families(host, hints, error);
        return fail(std::move(error));
    }
    std::vector<Endpoint> endpoints;
    for (const ResolvedAddress& address : answer->addresses) {
        const Endpoint endpoint = address.endpoint.with_port(port);
        if (std::find(endpoints.begin(), endpoints.end(), endpoint) == endpoints.end())
            endpoints.push_back(endpoint);
    }
    return endpoints;
}

}  // namespace sockbox::net
