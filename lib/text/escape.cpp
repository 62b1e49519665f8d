// Escaping of untrusted text.
#include "text/escape.h"

#include <cstdint>

namespace sockbox::net {
namespace {

// How many bytes the valid, printable UTF-8 character at the start of `text` has; 0 if there is
// none: control characters, C1 controls and anything that RFC 3629 does not allow.
std::size_t printable_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t first = byte(0);
    if (first < 0x80)
        return first >= 0x20 && first != 0x7f ? 1 : 0;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length)
        return 0;
    char32_t point = first & (0xff >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (byte(i) & 0x3f);
    }
    constexpr char32_t shortest[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = point >= 0xd800 && point <= 0xdfff;
    const bool c1_control = point < 0xa0;
    // Direction marks and line separators would let a name rearrange the line it stands in.
    const bool rearranges = point == 0x61c || (point >= 0x200e && point <= 0x200f) ||
                            (point >= 0x2028 && point <= 0x202e) ||
                            (point >= 0x2066 && point <= 0x2069);
    if (point < shortest[length] || point > 0x10ffff || surrogate || c1_control || rearranges)
        return 0;
    return length;
}

}  // namespace

std::string escape(std::string_view text) {
    constexpr char digits[] = "0123456789abcdef";
    std::string safe;
    safe.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = printable_length(text);
        if (text.front() == '\\') {
            safe += "\\\\";
        } else if (length > 0) {
            safe += text.substr(0, length);
        } else {
            const auto byte = static_cast<std::uint8_t>(text.front());
            safe += "\\x";
            safe += digits[byte >> 4];
            safe += digits[byte & 0xf];
        }
        text.remove_prefix(length > 0 ? length : 1);
    }
    return safe;
}

}  // namespace sockbox::net
