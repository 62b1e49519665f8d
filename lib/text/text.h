// Escaping of untrusted text, and small functions shared by several parsers.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "system/result.h"

namespace sockbox::net {

// These convert ASCII letters only, regardless of the locale.
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;
std::string upper_case(std::string_view text);

// Removes spaces at both ends.
std::string_view trimmed(std::string_view text) noexcept;

// Splits at each character of `separators` and trims the parts, which may be empty. They point into
// `text`.
std::vector<std::string_view> split(std::string_view text, std::string_view separators);

// Removes the first word of `text` and the blanks before it, and returns the word; empty if there
// is none.
std::string_view take_word(std::string_view& text, std::string_view blanks);

// Parse and print bytes as "0x" and pairs of hexadecimal digits; "0x" alone stands for no bytes.
Result<std::vector<std::byte>> parse_hex(std::string_view text);
std::string format_hex(std::span<const std::byte> bytes);

// Makes untrusted text safe to print: control characters (including ESC, DEL and C1), characters
// that change the text direction, line separators, and bytes that are not valid UTF-8 (RFC 3629)
// become \xNN, and a backslash becomes \\. The result is one line and unambiguous.
std::string escape(std::string_view text);

// Likewise, but leaves backslashes as they are: for a message of which parts may be escaped
// already.
std::string printable(std::string_view text);

// Breaks each line that is longer than `columns` characters between words and indents what follows
// by four spaces. A word that is too long stays whole. Sequences for colours (SGR of ECMA-48) take
// no room.
std::string wrapped(std::string_view lines, std::size_t columns);

// Whether the character would change the order of the text around it, or begin a new line: a
// direction mark, embedding, override or isolate, or a line or paragraph separator of Unicode.
constexpr bool rearranges_text(char32_t point) noexcept {
    return point == 0x61c || (point >= 0x200e && point <= 0x200f) ||
           (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

}  // namespace sockbox::net
