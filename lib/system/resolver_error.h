// The error codes of getaddrinfo(3) and getnameinfo(3) (EAI_…) as std::error_code.
#pragma once

#include <string_view>
#include <system_error>

namespace sockbox::net {

// The category of the system's own EAI_ numbers (negative on Linux, Winsock codes on Windows).
const std::error_category& resolver_category() noexcept;

// The symbol of a code, such as "EAI_NONAME"; empty if it has none.
std::string_view resolver_symbol(int code) noexcept;

}  // namespace sockbox::net
