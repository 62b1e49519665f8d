// Encodes and decodes the option values that have the same bytes on every platform.
#include "option/codec.h"

#include <algorithm>

#include "net/endpoint.h"
#include "system/platform.h"

namespace sockbox::net {
namespace {

bool is_number(ValueType type) {
    switch (type) {
        case ValueType::integer:
        case ValueType::choice:
        case ValueType::mask:
        case ValueType::interface_index:
        case ValueType::interface_index_be:
        case ValueType::port_range: return true;
        default: return false;
    }
}

Bytes encode_number(const OptionRow& row, std::int64_t value) {
    if (row.width == 8)
        return to_bytes(value);
    const auto narrow = static_cast<std::uint32_t>(value);
    return to_bytes(row.type == ValueType::interface_index_be ? htonl(narrow) : narrow);
}

// The range determines signedness: a row with values beyond INT_MAX is unsigned. So are bits and
// packed numbers.
std::int64_t decode_number(const OptionRow& row, std::span<const std::byte> bytes) {
    if (bytes.size() >= 8)
        return from_bytes<std::int64_t>(bytes);
    if (row.type == ValueType::interface_index_be)
        return ntohl(from_bytes<std::uint32_t>(bytes));
    const bool is_packed = row.type == ValueType::mask || row.type == ValueType::port_range;
    const bool is_unsigned = row.range.high > INT_MAX || is_packed || bytes.size() < 4;
    if (is_unsigned && row.width == 4)
        return from_bytes<std::uint32_t>(bytes);
    return from_bytes<std::int32_t>(bytes);
}

std::string until_nul(std::span<const std::byte> bytes) {
    const auto end = std::find(bytes.begin(), bytes.end(), std::byte{0});
    std::string text;
    for (auto byte = bytes.begin(); byte != end; ++byte)
        text += static_cast<char>(*byte);
    return text;
}

Bytes encode_linger(const Linger& value) {
    linger native{};
    native.l_onoff = value.on ? 1 : 0;
    native.l_linger = static_cast<decltype(native.l_linger)>(value.seconds);
    return to_bytes(native);
}

OptionValue decode_linger(std::span<const std::byte> bytes) {
    const auto native = from_bytes<linger>(bytes);
    // Linux keeps the seconds when linger is turned off.
    return native.l_onoff != 0 ? Linger{true, static_cast<int>(native.l_linger)} : Linger{};
}

Bytes encode_text(const std::string& text) {
    Bytes bytes;
    for (const char c : text)
        bytes.push_back(static_cast<std::byte>(c));
    bytes.push_back(std::byte{0});
    return bytes;
}

}  // namespace

std::size_t read_capacity(const OptionRow& row) noexcept {
    switch (row.type) {
        case ValueType::flag: return sizeof(int);
        case ValueType::tcp_info: return 1024;  // 280 as of Linux 6.18
        case ValueType::bytes:
        case ValueType::groups: return 4096;
        case ValueType::text: return 256;
        case ValueType::linger: return sizeof(linger);
        default: return is_number(row.type) ? row.width : 64;
    }
}

Result<Bytes> encode(const OptionRow& row, const OptionValue& value) {
    if (row.type == ValueType::filter)
        return encode_native(row, value);
    if (const auto* bytes = std::get_if<Bytes>(&value))
        return *bytes;
    if (const auto* on = std::get_if<bool>(&value))
        return to_bytes(int{*on});
    if (const auto* number = std::get_if<std::int64_t>(&value))
        return encode_number(row, *number);
    if (const auto* native = std::get_if<Linger>(&value))
        return encode_linger(*native);
    if (row.type == ValueType::text)
        return encode_text(std::get<std::string>(value));
    return encode_native(row, value);
}

OptionValue decode(const OptionRow& row, std::span<const std::byte> bytes) {
    if (row.type == ValueType::text)
        return until_nul(bytes);
    if (row.type == ValueType::flag && bytes.size() <= 4)
        return from_bytes<int>(bytes) != 0;
    if (is_number(row.type) && (bytes.size() == 4 || bytes.size() == 8 || bytes.size() == 1))
        return decode_number(row, bytes);
    if (row.type == ValueType::linger && bytes.size() == sizeof(linger))
        return decode_linger(bytes);
    return decode_native(row, bytes);
}

}  // namespace sockbox::net
