// Key files, and the comparison of digests.
#include "net/hmac.h"

#include <optional>

#include "text/units.h"

namespace sockbox::net {
namespace {

std::optional<unsigned> digit(char letter) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto found = digits.find(static_cast<char>(letter | 0x20));  // lower case
    const bool is_digit = letter >= '0' && letter <= '9';
    if (found == digits.npos || (found < 10 && !is_digit))
        return std::nullopt;
    return static_cast<unsigned>(found);
}

}  // namespace

Result<std::vector<std::byte>> parse_key(std::string_view content) {
    constexpr std::string_view mark = "hex:";
    for (const char end : {'\n', '\r'})
        if (content.ends_with(end))
            content.remove_suffix(1);
    std::vector<std::byte> key;
    if (!content.starts_with(mark)) {
        const auto bytes = std::as_bytes(std::span(content));
        key.assign(bytes.begin(), bytes.end());
    } else {
        content.remove_prefix(mark.size());
        for (std::size_t i = 0; i + 1 < content.size(); i += 2) {
            const auto high = digit(content[i]);
            const auto low = digit(content[i + 1]);
            if (!high || !low)
                return fail_text("what follows 'hex:' is not all hex digits");
            key.push_back(static_cast<std::byte>(*high << 4 | *low));
        }
        if (content.size() % 2 != 0)
            return fail_text("the number of hex digits is odd");
    }
    if (key.empty())
        return fail_text("there is no key in it");
    if (key.size() > max_key_bytes)
        return fail_text("a key has at most " + std::to_string(max_key_bytes) + " bytes");
    return key;
}

bool HmacKey::verifies(std::span<const std::byte> claimed, std::span<const std::byte> first,
                       std::span<const std::byte> second) const noexcept {
    const Digest right = digest(first, second);
    if (claimed.size() != right.size())
        return false;
    std::byte difference{0};
    for (std::size_t i = 0; i < right.size(); ++i)
        difference |= right[i] ^ claimed[i];
    return difference == std::byte{0};
}

}  // namespace sockbox::net
