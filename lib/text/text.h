// Text from outside made safe to print, and small operations that several grammars share.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "system/result.h"

namespace sockbox::net {

// ASCII only, whatever the locale.
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;
std::string upper_case(std::string_view text);

// Without the spaces at either end.
std::string_view trimmed(std::string_view text) noexcept;

// The trimmed parts between any of `separators`, empty ones among them.
std::vector<std::string_view> split(std::string_view text, std::string_view separators);

// "0x" and pairs of hexadecimal digits; "0x" alone is no bytes.
Result<std::vector<std::byte>> parse_hex(std::string_view text);
std::string format_hex(std::span<const std::byte> bytes);

// `text` with control characters (ESC, DEL and C1 among them) and whatever is not valid UTF-8 as
// \xNN, and a backslash as \\, so that the result is one line and reads back unambiguously.
std::string escape(std::string_view text);

}  // namespace sockbox::net
