// Calls getaddrinfo(3) and getnameinfo(3), and interprets their errors.
#include "net/resolver.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <span>

#include "net/name_sources.h"
#include "system/hint.h"
#include "system/platform.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::net {
namespace {

struct FreeAddresses {
    void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, FreeAddresses>;

// The error that a code of getaddrinfo(3) stands for. To be called before anything else changes
// errno, which must have been set to 0 before getaddrinfo(3): if glibc has no descriptor left to
// query a source, it skips it and reports EAI_NONAME, and only errno shows the cause.
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
    // No module of a name source could be loaded.
    if (code == std::errc::device_or_resource_busy)
        detail = "no source of names in /etc/nsswitch.conf is installed";
    // For a name that is too long for a query, glibc returns EAI_SYSTEM with EMSGSIZE.
    if (code == std::errc::message_size) {
        code = {EAI_NONAME, resolver_category()};
        detail = "longer than a host name can be";
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

struct NamedNumber {
    int number;
    std::string_view symbol;
    std::string_view word;  // on the command line; empty if there is none
};

constexpr NamedNumber families[] = {
    {AF_UNSPEC, "AF_UNSPEC", ""}, {AF_INET, "AF_INET", ""}, {AF_INET6, "AF_INET6", ""}};

constexpr NamedNumber types[] = {
    {0, "", "any"},
    {SOCK_STREAM, "SOCK_STREAM", "stream"},
    {SOCK_DGRAM, "SOCK_DGRAM", "dgram"},
    {SOCK_RAW, "SOCK_RAW", "raw"},
    {SOCK_RDM, "SOCK_RDM", ""},
    {SOCK_SEQPACKET, "SOCK_SEQPACKET", "seqpacket"},
#ifdef SOCK_DCCP
    {SOCK_DCCP, "SOCK_DCCP", ""},
#endif
};

// By IANA number, because not every system defines all constants.
constexpr NamedNumber protocols[] = {
    {0, "IPPROTO_IP", "any"},      {1, "IPPROTO_ICMP", "icmp"},
    {6, "IPPROTO_TCP", "tcp"},     {17, "IPPROTO_UDP", "udp"},
    {33, "IPPROTO_DCCP", "dccp"},  {58, "IPPROTO_ICMPV6", "ipv6-icmp"},
    {132, "IPPROTO_SCTP", "sctp"}, {136, "IPPROTO_UDPLITE", "udplite"},
    {255, "IPPROTO_RAW", "raw"},   {262, "IPPROTO_MPTCP", "mptcp"}};

constexpr NamedNumber flags_of_addrinfo[] = {
    {AI_PASSIVE, "AI_PASSIVE", "passive"},
    {AI_CANONNAME, "AI_CANONNAME", "canonname"},
    {AI_NUMERICHOST, "AI_NUMERICHOST", "numerichost"},
    {AI_V4MAPPED, "AI_V4MAPPED", "v4mapped"},
    {AI_ALL, "AI_ALL", "all"},
    {AI_ADDRCONFIG, "AI_ADDRCONFIG", "addrconfig"},
#ifdef AI_IDN
    {AI_IDN, "AI_IDN", "idn"},
    {AI_CANONIDN, "AI_CANONIDN", "canonidn"},
#endif
    {AI_NUMERICSERV, "AI_NUMERICSERV", "numericserv"},
};

std::string_view symbol_of(std::span<const NamedNumber> rows, int number) {
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const NamedNumber& candidate) {
        return candidate.number == number;
    });
    return row != rows.end() ? row->symbol : std::string_view();
}

std::vector<std::string> accepted_words(std::span<const NamedNumber> rows) {
    std::vector<std::string> words;
    for (const NamedNumber& row : rows)
        if (!row.word.empty())
            words.emplace_back(row.word);
    return words;
}

// Parses a word of `rows` or a decimal number.
Result<int> number_of(std::span<const NamedNumber> rows, std::string_view text) {
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const NamedNumber& candidate) {
        return !text.empty() && candidate.word == text;
    });
    if (row != rows.end())
        return row->number;
    if (const auto number = parse_integer(text, 0, INT32_MAX))
        return static_cast<int>(*number);
    return fail_text(fmt::format("'{}' is not one of {}, or a number", escape(text),
                                 fmt::join(accepted_words(rows), ", ")));
}

// glibc takes the name of an interface only as the zone of a link-local address.
std::string with_zone_by_index(const std::string& host) {
    const auto endpoint =
        host.find('%') != host.npos ? Endpoint::parse(host) : fail_text(std::string());
    if (!endpoint || endpoint->uses_zone())
        return host;
    return fmt::format("{}%{}", host.substr(0, host.find('%')), endpoint->scope_id());
}

bool needs_name_source(const std::string& host, const ResolveHints& hints) {
    return !host.empty() && (hints.flags & AI_NUMERICHOST) == 0 && !Endpoint::parse(host);
}

}  // namespace

Result<Resolution> resolve(const std::string& host, const std::string& service,
                           const ResolveHints& hints) {
    if (const std::error_code error = platform::start())
        return fail({error, "start the socket library", {}, {}, {}});
    if (needs_name_source(host, hints))
        if (auto usable = check_name_sources(); !usable)
            return fail(usable.error());
    addrinfo native{};
    native.ai_flags = hints.flags;
    native.ai_family = hints.family;
    native.ai_socktype = hints.socktype;
    native.ai_protocol = hints.protocol;
    addrinfo* found = nullptr;
    const std::string known = with_zone_by_index(host);
    errno = 0;
    const int code = ::getaddrinfo(text_or_null(known), text_or_null(service), &native, &found);
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
    if (auto usable = check_name_sources(); !usable)
        return fail(usable.error());
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

// A hint that the host has addresses of the other family only; empty if that is not the reason for
// the error. Resolves the host again.
std::string hint_of_families(const std::string& host, const ResolveHints& asked,
                             const Error& error) {
    const bool is_of_host = error.code.category() == resolver_category() &&
                            error.code.value() != EAI_AGAIN && asked.family != AF_UNSPEC;
    ResolveHints any = asked;
    any.family = AF_UNSPEC;
    if (!is_of_host || !resolve(host, {}, any))
        return {};
    const bool asked_ipv6 = asked.family == AF_INET6;
    return hint(Hint::family_requested,
                {escape(host), asked_ipv6 ? "IPv4" : "IPv6", asked_ipv6 ? "IPv6" : "IPv4"});
}

}  // namespace

Result<std::vector<Endpoint>> resolve_endpoints(const std::string& host, std::uint16_t port,
                                                Family family, Transport transport, bool hints) {
    const ResolveHints asked{0, native_family(family),
                             transport == Transport::tcp ? SOCK_STREAM : SOCK_DGRAM, 0};
    const auto answer = resolve(host, {}, asked);
    if (!answer) {
        Error error = answer.error();
        if (hints)
            error.hint = hint_of_families(host, asked, error);
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

std::string_view address_family_symbol(int family) noexcept {
    return symbol_of(families, family);
}

std::string_view socket_type_symbol(int type) noexcept {
    return symbol_of(types, type);
}

std::string_view protocol_symbol(int protocol) noexcept {
    return symbol_of(protocols, protocol);
}

std::vector<std::string> flag_symbols(int flags) {
    std::vector<std::string> symbols;
    for (const NamedNumber& row : flags_of_addrinfo) {
        if ((flags & row.number) == 0)
            continue;
        symbols.emplace_back(row.symbol);
        flags &= ~row.number;
    }
    if (flags != 0)
        symbols.push_back(fmt::format("{:#x}", static_cast<unsigned>(flags)));
    return symbols;
}

Result<int> parse_socket_type(std::string_view text) {
    return number_of(types, text);
}

Result<int> parse_protocol(std::string_view text) {
    auto number = number_of(protocols, text);
    if (number)
        return number;
    const protoent* found = ::getprotobyname(std::string(text).c_str());
    return found != nullptr ? Result<int>(found->p_proto) : number;
}

Result<int> parse_resolver_flags(std::string_view text) {
    int flags = 0;
    for (;;) {
        const std::size_t comma = std::min(text.find(','), text.size());
        auto flag = number_of(flags_of_addrinfo, text.substr(0, comma));
        if (!flag)
            return flag;
        flags |= *flag;
        if (comma == text.size())
            return flags;
        text.remove_prefix(comma + 1);
    }
}

std::vector<std::string> socket_type_words() {
    return accepted_words(types);
}

std::vector<std::string> protocol_words() {
    return accepted_words(protocols);
}

std::vector<std::string> resolver_flag_words() {
    return accepted_words(flags_of_addrinfo);
}

}  // namespace sockbox::net
