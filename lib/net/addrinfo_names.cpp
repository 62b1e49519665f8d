// Tables of the symbols that getaddrinfo(3) and socket(2) know.
#include "net/addrinfo_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "system/platform.h"
#include "text/escape.h"
#include "text/units.h"

namespace sockbox::net {
namespace {

struct Row {
    int number;
    std::string_view symbol;
    std::string_view word;  // on the command line; empty where there is none
};

constexpr Row families[] = {
    {AF_UNSPEC, "AF_UNSPEC", ""}, {AF_INET, "AF_INET", ""}, {AF_INET6, "AF_INET6", ""}};

constexpr Row types[] = {
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

// By their IANA numbers: systems lack one or the other of the constants.
constexpr Row protocols[] = {{0, "IPPROTO_IP", "any"},      {1, "IPPROTO_ICMP", "icmp"},
                             {6, "IPPROTO_TCP", "tcp"},     {17, "IPPROTO_UDP", "udp"},
                             {33, "IPPROTO_DCCP", "dccp"},  {58, "IPPROTO_ICMPV6", "ipv6-icmp"},
                             {132, "IPPROTO_SCTP", "sctp"}, {136, "IPPROTO_UDPLITE", "udplite"},
                             {255, "IPPROTO_RAW", "raw"},   {262, "IPPROTO_MPTCP", "mptcp"}};

constexpr Row flags_of_addrinfo[] = {
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

std::string_view symbol_of(std::span<const Row> rows, int number) {
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&](const Row& candidate) { return candidate.number == number; });
    return row != rows.end() ? row->symbol : std::string_view();
}

std::string words_of(std::span<const Row> rows) {
    std::string words;
    for (const Row& row : rows)
        if (!row.word.empty())
            words += fmt::format("{}, ", row.word);
    return words + "or a number";
}

// The number that a word or decimal digits stand for.
Result<int> number_of(std::span<const Row> rows, std::string_view text) {
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& candidate) {
        return !text.empty() && candidate.word == text;
    });
    if (row != rows.end())
        return row->number;
    if (const auto number = parse_integer(text, 0, INT32_MAX))
        return static_cast<int>(*number);
    return fail_text(fmt::format("'{}' is none of {}", escape(text), words_of(rows)));
}

}  // namespace

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
    for (const Row& row : flags_of_addrinfo) {
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

}  // namespace sockbox::net
