// The policy of address selection: labels, precedences and scopes (RFC 6724, sections 2.1 and 3).
#pragma once

#include <string_view>

#include "net/endpoint.h"
#include "net/selection/prefix_table.h"

namespace sockbox::net {

// The tables by which glibc orders addresses.
class AddressPolicy {
  public:
    // Reads the text of gai.conf(5). Each kind of line ("label", "precedence", "scopev4") replaces
    // the whole default table of its kind; a line that glibc would not accept is ignored. An empty
    // text yields glibc's defaults, whose labels and precedences are not those of RFC 6724: ULAs
    // and Teredo have labels of their own, but the precedence of any other IPv6 address.
    static AddressPolicy parse(std::string_view gai_conf);

    // The label of an address, by which sources are matched to it, and its precedence.
    int label(const Endpoint& address) const noexcept;
    int precedence(const Endpoint& address) const noexcept;
    // The scope, from 0 to 15 unless "scopev4" sets another: 2 link-local, 5 site-local, 14 global.
    // A v4-mapped IPv6 address is global.
    int scope(const Endpoint& address) const noexcept;

    // "reload yes": the file is read again when it has changed.
    bool reloads() const noexcept { return reloads_; }

  private:
    void read_line(std::string_view line);

    PrefixTable labels_;
    PrefixTable precedences_;
    PrefixTable scopes_;  // of IPv4 addresses
    bool reloads_ = false;
};

}  // namespace sockbox::net
