// Who may use the server: networks that are allowed and networks that are denied.
#pragma once

#include <string_view>
#include <vector>

#include "net/endpoint.h"
#include "system/result.h"

namespace sockbox::serve {

// An address and how many of its first bits count.
struct Network {
    net::Endpoint address;  // port 0, the other bits 0; not v4-mapped
    unsigned prefix = 0;    // 0 to 32 or 128

    // "192.0.2.0/24", "2001:db8::/32", or an address alone. A v4-mapped network is the IPv4 one.
    // An address with bits beyond its prefix is refused: it would hold more than it names.
    static net::Result<Network> parse(std::string_view text);

    bool holds(const net::Endpoint& host) const noexcept;
};

// The longest prefix that holds an address decides; of two of the same length the denial. Whom none
// holds is allowed, unless some network is: then only those that are.
class AccessList {
  public:
    void allow(const Network& network);
    void deny(const Network& network);

    // A v4-mapped address is looked up as the IPv4 one.
    bool allows(const net::Endpoint& host) const noexcept;

  private:
    struct Rule {
        Network network;
        bool allowed;
    };
    void add(const Rule& rule);

    std::vector<Rule> rules_;  // in the order in which they are asked
    bool others_ = true;
};

}  // namespace sockbox::serve
