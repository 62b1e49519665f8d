// Linux's struct tcp_info, field by field, of whatever length the kernel gives it.
#pragma once

#include <span>
#include <string>

#include "option/value.h"

namespace sockbox::net {

// The fields that lie within `bytes`: an older kernel gives fewer. What a newer one appends is the
// last field, "unknown", in hexadecimal.
Fields decode_tcp_info(std::span<const std::byte> bytes);

// "ESTABLISHED", "LISTEN" …; the number where it has no name.
std::string tcp_state_name(unsigned state);

}  // namespace sockbox::net
