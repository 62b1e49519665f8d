// A table of address prefixes, each with a value: the most specific one that matches wins.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "net/endpoint.h"

namespace sockbox::net {

// The number of leading bits, up to 128, that are equal in two addresses. An IPv4 address is
// compared in its mapped form, so that two of them have at least 96.
unsigned common_bits(const Endpoint& a, const Endpoint& b) noexcept;

// The leading bits of an address.
struct Prefix {
    Endpoint address;   // IPv6, or IPv4 in its mapped form
    unsigned bits = 0;  // 0 to 128; of an IPv4 prefix, 96 plus its length
};

// Parses "2001:db8::/32" or "192.0.2.0/24"; without a length, the prefix is the whole address.
// nullopt if the text is neither.
std::optional<Prefix> parse_prefix(std::string_view text);

// Prefixes with their values. Not synchronized.
class PrefixTable {
  public:
    // Of equal prefixes, the one that was added first wins.
    void add(const Prefix& prefix, int value);
    // The value of the longest prefix that contains the address, which may be IPv4.
    std::optional<int> find(const Endpoint& address) const noexcept;
    bool empty() const noexcept { return entries_.empty(); }

  private:
    struct Entry {
        Prefix prefix;
        int value;
    };
    std::vector<Entry> entries_;  // the longest prefix first
};

}  // namespace sockbox::net
