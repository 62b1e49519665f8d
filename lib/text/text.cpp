// Words, case and hexadecimal.
#include "text/text.h"

#include <fmt/format.h>

#include <algorithm>

#include "text/escape.h"

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
        return fail_text(fmt::format("'{}' is not bytes: want 0x and pairs of hexadecimal digits",
                                     escape(text)));
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

}  // namespace sockbox::net
