// The error codes of getaddrinfo and getnameinfo (EAI_…) as std::error_code.
#pragma once

#include <string_view>
#include <system_error>

namespace sockbox::net {

// Codes are the system's own EAI_ numbers (negative on Linux, WSA codes on Windows).
const std::error_category& resolver_category() noexcept;

// "EAI_NONAME" and the like; empty for a number that is none of them.
std::string_view resolver_symbol(int code) noexcept;

}  // namespace sockbox::net
