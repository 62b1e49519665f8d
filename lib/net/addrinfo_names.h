// The numbers in an addrinfo by their symbols, both ways.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/result.h"

namespace sockbox::net {

// "AF_INET", "SOCK_STREAM", "IPPROTO_TCP"; empty for a number that has none here. A socket type of
// 0, which stands for any, has none; a protocol of 0 is IPPROTO_IP.
std::string_view address_family_symbol(int family) noexcept;
std::string_view socket_type_symbol(int type) noexcept;
std::string_view protocol_symbol(int protocol) noexcept;

// The AI_ flags that are set, in ascending order; the bits that have no symbol come last, together,
// as one number in hex.
std::vector<std::string> flag_symbols(int flags);

// "any", "stream", "dgram", "raw", "seqpacket", or a number.
Result<int> parse_socket_type(std::string_view text);

// "tcp", "udp", …, or another name from the system's list of protocols, or a number.
Result<int> parse_protocol(std::string_view text);

// A comma list of "passive,canonname,numerichost,numericserv,v4mapped,all,addrconfig,idn,canonidn",
// and of numbers.
Result<int> parse_resolver_flags(std::string_view text);

}  // namespace sockbox::net
