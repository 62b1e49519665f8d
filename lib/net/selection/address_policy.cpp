// Parsing of gai.conf, and the tables that apply without it.
#include "net/selection/address_policy.h"

#include <limits>

#include "text/text.h"
#include "text/units.h"

namespace sockbox::net {
namespace {

constexpr std::string_view default_labels =
    "label ::1/128 0\n"
    "label ::/0 1\n"
    "label 2002::/16 2\n"
    "label ::/96 3\n"
    "label ::ffff:0:0/96 4\n"
    "label fec0::/10 5\n"
    "label fc00::/7 6\n"
    "label 2001::/32 7\n";

constexpr std::string_view default_precedences =
    "precedence ::1/128 50\n"
    "precedence ::/0 40\n"
    "precedence 2002::/16 30\n"
    "precedence ::/96 20\n"
    "precedence ::ffff:0:0/96 10\n";

constexpr std::string_view default_scopes =
    "scopev4 169.254.0.0/16 2\n"
    "scopev4 127.0.0.0/8 2\n"
    "scopev4 0.0.0.0/0 14\n";

// What applies to addresses that match no line of a file.
constexpr int other_label = 1;
constexpr int other_precedence = 40;
constexpr int global_scope = 14;

constexpr std::string_view blanks = " \t\r\v\f";

}  // namespace

AddressPolicy AddressPolicy::parse(std::string_view gai_conf) {
    AddressPolicy policy;
    const auto read = [&policy](std::string_view text) {
        for (const std::string_view line : split(text, "\n"))
            policy.read_line(line);
    };
    read(gai_conf);
    if (policy.labels_.empty())
        read(default_labels);
    if (policy.precedences_.empty())
        read(default_precedences);
    if (policy.scopes_.empty())
        read(default_scopes);
    return policy;
}

void AddressPolicy::read_line(std::string_view line) {
    line = line.substr(0, line.find('#'));
    const std::string_view keyword = take_word(line, blanks);
    const std::string_view first = take_word(line, blanks);
    if (keyword == "reload")
        reloads_ = first == "yes";
    PrefixTable* const table = keyword == "label"        ? &labels_
                               : keyword == "precedence" ? &precedences_
                               : keyword == "scopev4"    ? &scopes_
                                                         : nullptr;
    const auto prefix = parse_prefix(first);
    const std::string_view number = take_word(line, blanks);
    const auto value = number.empty() ? Result<std::int64_t>(0)  // as glibc reads it
                                      : parse_integer(number, 0, std::numeric_limits<int>::max());
    if (table == nullptr || !prefix || !value)
        return;
    // IPv4 addresses may be written as such only where IPv6 addresses have no place.
    const bool mapped = prefix->address.is_v4_mapped() && prefix->bits >= 96;
    const bool dotted = first.find(':') == first.npos;
    if (table == &scopes_ ? mapped : !dotted)
        table->add(*prefix, static_cast<int>(*value));
}

int AddressPolicy::label(const Endpoint& address) const noexcept {
    return labels_.find(address).value_or(other_label);
}

int AddressPolicy::precedence(const Endpoint& address) const noexcept {
    return precedences_.find(address).value_or(other_precedence);
}

int AddressPolicy::scope(const Endpoint& address) const noexcept {
    if (address.family() == Family::ipv4)
        return scopes_.find(address).value_or(global_scope);
    if (address.is_v4_mapped())
        return global_scope;
    const auto bytes = address.bytes();
    if (address.is_multicast())
        return std::to_integer<int>(bytes[1] & std::byte{0x0f});
    if (address.is_link_local() || address.is_loopback())
        return 2;
    const bool site_local = bytes[0] == std::byte{0xfe} &&
                            (bytes[1] & std::byte{0xc0}) == std::byte{0xc0};  // fec0::/10
    return site_local ? 5 : global_scope;
}

}  // namespace sockbox::net
