// Escaping, splitting, letter case and hexadecimal.
#include "text/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace sockbox::net {
namespace {

char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

int digit_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c = upper(c);
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// The length in bytes of the printable UTF-8 character at the start of `text`; 0 if there is none:
// a control character, or anything that is not valid in RFC 3629.
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
    if (point < shortest[length] || point > 0x10ffff || surrogate || c1_control ||
        rearranges_text(point))
        return 0;
    return length;
}

// In characters, without sequences for colours.
std::size_t width_of(std::string_view word) {
    std::size_t width = 0;
    for (std::size_t i = 0; i < word.size(); ++i) {
        if (word[i] == '\x1b')
            i = std::min(word.find('m', i), word.size());
        else if ((static_cast<std::uint8_t>(word[i]) & 0xc0) != 0x80)  // it begins a character
            ++width;
    }
    return width;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return upper(x) == upper(y); });
}

std::string upper_case(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), upper);
    return result;
}

std::string_view trimmed(std::string_view text) noexcept {
    while (text.starts_with(' '))
        text.remove_prefix(1);
    while (text.ends_with(' '))
        text.remove_suffix(1);
    return text;
}

std::string_view take_word(std::string_view& text, std::string_view blanks) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    const std::string_view word = text.substr(0, text.find_first_of(blanks));
    text.remove_prefix(word.size());
    return word;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t end = text.find_first_of(separators);
        parts.push_back(trimmed(text.substr(0, end)));
        if (end == text.npos)
            return parts;
        text.remove_prefix(end + 1);
    }
}

Result<std::vector<std::byte>> parse_hex(std::string_view text) {
    const auto refused = [&] {
        return fail_text(fmt::format(
            "'{}' is not bytes: expected 0x and pairs of hexadecimal digits", escape(text)));
    };
    if (!text.starts_with("0x") && !text.starts_with("0X"))
        return refused();
    const std::string_view digits = text.substr(2);
    std::vector<std::byte> bytes;
    if (digits.size() % 2 != 0)
        return refused();
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        const int high = digit_value(digits[i]);
        const int low = digit_value(digits[i + 1]);
        if (high < 0 || low < 0)
            return refused();
        bytes.push_back(static_cast<std::byte>(high * 16 + low));
    }
    return bytes;
}

std::string format_hex(std::span<const std::byte> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text = "0x";
    text.reserve(text.size() + 2 * bytes.size());
    for (const std::byte byte : bytes) {
        text += digits[std::to_integer<unsigned>(byte >> 4)];
        text += digits[std::to_integer<unsigned>(byte & std::byte{15})];
    }
    return text;
}

namespace {

std::string escape_all_but(std::string_view text, bool backslashes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string safe;
    safe.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = printable_length(text);
        if (text.front() == '\\' && !backslashes) {
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

}  // namespace

std::string escape(std::string_view text) {
    return escape_all_but(text, false);
}

std::string printable(std::string_view text) {
    return escape_all_but(text, true);
}

std::string wrapped(std::string_view lines, std::size_t columns) {
    constexpr std::string_view indent = "    ";
    std::string text;
    std::size_t used = 0;  // of the line in progress
    while (!lines.empty()) {
        const std::string_view blanks =
            lines.substr(0, std::min(lines.find_first_not_of(' '), lines.size()));
        lines.remove_prefix(blanks.size());
        const std::string_view word =
            lines.substr(0, std::min(lines.find_first_of(" \n"), lines.size()));
        lines.remove_prefix(word.size());
        const std::size_t width = width_of(word);
        const bool breaks = used > 0 && used + blanks.size() + width > columns;
        text += breaks ? fmt::format("\n{}", indent) : std::string(blanks);
        text += word;
        used = (breaks ? indent.size() : used + blanks.size()) + width;
        if (!lines.empty() && lines.front() == '\n') {
            text += '\n';
            lines.remove_prefix(1);
            used = 0;
        }
    }
    return text;
}

}  // namespace sockbox::net
