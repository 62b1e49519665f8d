// Parses networks in CIDR notation and matches addresses against a list of them.
#include "serve/limits/access_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "text/text.h"
#include "text/units.h"

namespace sockbox::serve {
namespace {

constexpr unsigned mapped_bits = 96;  // ::ffff:0:0/96

unsigned width_of(const net::Endpoint& address) {
    return static_cast<unsigned>(address.bytes().size() * 8);
}

// The bits of byte `index` that belong to the prefix.
std::byte mask_at(std::size_t index, unsigned prefix) noexcept {
    const std::size_t before = index * 8;
    if (prefix <= before)
        return std::byte{0};
    return prefix >= before + 8 ? std::byte{0xff} : std::byte{0xff} << (8 - (prefix - before));
}

bool has_bits_beyond(const Network& network) {
    const auto bytes = network.address.bytes();
    for (std::size_t i = 0; i < bytes.size(); ++i)
        if ((bytes[i] & ~mask_at(i, network.prefix)) != std::byte{0})
            return true;
    return false;
}

tl::unexpected<net::Error> refused(std::string_view text, std::string_view why) {
    return net::fail_text(
        fmt::format("'{}' is not a network such as 192.0.2.0/24: {}", net::escape(text), why));
}

}  // namespace

net::Result<Network> Network::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto address = net::Endpoint::parse(text.substr(0, slash));
    if (!address)
        return refused(text, "there is no address before the slash");
    if (address->scope_id() != 0 || text.starts_with('['))
        return refused(text, "brackets and zones are not allowed");
    Network network{*address, width_of(*address)};
    if (slash != text.npos) {
        const auto prefix = net::parse_integer(text.substr(slash + 1), 0, network.prefix);
        if (!prefix)
            return refused(text,
                           fmt::format("its prefix must be from 0 to {} bits", network.prefix));
        network.prefix = static_cast<unsigned>(*prefix);
    }
    if (has_bits_beyond(network))
        return refused(text, fmt::format("it has bits beyond its prefix of {}", network.prefix));
    if (network.address.is_v4_mapped() && network.prefix >= mapped_bits)
        network = {network.address.unmapped(), network.prefix - mapped_bits};
    return network;
}

bool Network::contains(const net::Endpoint& host) const noexcept {
    const auto ours = address.bytes();
    const auto theirs = host.bytes();
    if (ours.size() != theirs.size() || std::memcmp(ours.data(), theirs.data(), prefix / 8) != 0)
        return false;
    const std::size_t last = prefix / 8;
    return prefix % 8 == 0 || ((ours[last] ^ theirs[last]) & mask_at(last, prefix)) == std::byte{0};
}

void AccessList::allow(const Network& network) {
    add({network, true});
    others_ = false;
}

void AccessList::deny(const Network& network) {
    add({network, false});
}

void AccessList::add(const Rule& rule) {
    const auto before = [](const Rule& a, const Rule& b) {
        return a.network.prefix != b.network.prefix ? a.network.prefix > b.network.prefix
                                                    : !a.allowed && b.allowed;
    };
    rules_.insert(std::upper_bound(rules_.begin(), rules_.end(), rule, before), rule);
}

bool AccessList::allows(const net::Endpoint& host) const noexcept {
    if (rules_.empty())
        return true;
    const net::Endpoint peer = host.unmapped();
    for (const Rule& rule : rules_)
        if (rule.network.contains(peer))
            return rule.allowed;
    return others_;
}

}  // namespace sockbox::serve
