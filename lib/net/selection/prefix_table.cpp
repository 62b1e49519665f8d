// Prefixes of IPv6 addresses, and of IPv4 addresses in their mapped form.
#include "net/selection/prefix_table.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "text/units.h"

namespace sockbox::net {

unsigned common_bits(const Endpoint& a, const Endpoint& b) noexcept {
    const Endpoint left = a.mapped();
    const Endpoint right = b.mapped();
    const auto x = left.bytes();
    const auto y = right.bytes();
    for (unsigned i = 0; i < x.size(); ++i)
        if (const auto differing = std::to_integer<std::uint8_t>(x[i] ^ y[i]); differing != 0)
            return 8 * i + static_cast<unsigned>(std::countl_zero(differing));
    return 128;
}

std::optional<Prefix> parse_prefix(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto address = Endpoint::parse(text.substr(0, slash));
    if (!address || text.find_first_of("[%") != text.npos)
        return std::nullopt;
    const unsigned start = address->family() == Family::ipv4 ? 96 : 0;
    if (slash == text.npos)
        return Prefix{address->mapped(), 128};
    const auto length = parse_integer(text.substr(slash + 1), 0, 128 - start);
    if (!length)
        return std::nullopt;
    return Prefix{address->mapped(), start + static_cast<unsigned>(*length)};
}

void PrefixTable::add(const Prefix& prefix, int value) {
    const auto longer = [](unsigned bits, const Entry& entry) { return bits > entry.prefix.bits; };
    entries_.insert(std::upper_bound(entries_.begin(), entries_.end(), prefix.bits, longer),
                    {prefix, value});
}

std::optional<int> PrefixTable::find(const Endpoint& address) const noexcept {
    const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) {
        return common_bits(entry.prefix.address, address) >= entry.prefix.bits;
    });
    return found == entries_.end() ? std::nullopt : std::optional(found->value);
}

}  // namespace sockbox::net
