// Host names beyond ASCII: their form in DNS, and the scripts of their letters.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "system/result.h"

namespace sockbox::net {

// The form in which a host name in UTF-8 is asked for in DNS: "xn--mnchen-3ya.example" (RFC 5891).
// Encoded by libidn2, the library that glibc itself uses; fails with std::errc::not_supported if it
// is not installed, and on Windows, and with std::errc::invalid_argument if the name is no valid
// international name.
Result<std::string> encode_host(const std::string& host);

// The scripts of the letters in a name in UTF-8, such as "Latin" and "Cyrillic", each once, of the
// alphabets whose letters look alike (UTS 39): Latin, Greek, Cyrillic, Armenian and Cherokee.
std::vector<std::string_view> scripts_in(std::string_view name);

}  // namespace sockbox::net
