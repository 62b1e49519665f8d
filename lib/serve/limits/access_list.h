// Access control for clients: networks that are allowed and networks that are denied.
#pragma once

#include <string_view>
#include <vector>

#include "net/endpoint.h"
#include "system/result.h"

namespace sockbox::serve {

// An address and a prefix length.
struct Network {
    net::Endpoint address;  // port 0, host bits 0; not v4-mapped
    unsigned prefix = 0;    // bits, 0 to 32 or 128

    // Parses "192.0.2.0/24", "2001:db8::/32" or a single address. A v4-mapped network is converted
    // to IPv4. Fails if host bits are set, because the network would then include more than it
    // appears to.
    static net::Result<Network> parse(std::string_view text);

    bool contains(const net::Endpoint& host) const noexcept;
};

// The longest matching prefix decides; of two with the same length, the denial. An address that
// matches nothing is allowed unless the list allows any network: then only those are.
class AccessList {
  public:
    void allow(const Network& network);
    void deny(const Network& network);

    // An IPv4-mapped IPv6 address is matched as IPv4.
    bool allows(const net::Endpoint& host) const noexcept;

  private:
    struct Rule {
        Network network;
        bool allowed;
    };
    void add(const Rule& rule);

    std::vector<Rule> rules_;  // in the order in which they are checked
    bool others_ = true;
};

}  // namespace sockbox::serve
