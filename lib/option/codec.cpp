// Encodes and decodes the option values that have the same bytes on every platform.
#include "option/codec.h"

#include <algorithm>

#include <fmt/format.h>

#include "net/endpoint.h"
#include "option/structure.h"
#include "system/platform.h"
#include "text/text.h"

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

bool has_number_size(std::size_t size) {
    return size == 1 || size == 2 || size == 4 || size == 8;
}

Bytes encode_number(const OptionRow& row, std::int64_t value) {
    if (row.width == 8)
        return to_bytes(value);
    if (row.width == 2)
        return to_bytes(static_cast<std::uint16_t>(value));
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

template <class Address>
void copy_address(std::string_view text, Address& address) {
    if (const auto endpoint = Endpoint::parse(text))
        std::copy_n(endpoint->bytes().begin(), std::min(sizeof address, endpoint->bytes().size()),
                    static_cast<std::byte*>(static_cast<void*>(&address)));
}

void copy_storage(std::string_view text, sockaddr_storage& storage) {
    if (const auto endpoint = Endpoint::parse(text))
        std::copy_n(static_cast<const std::byte*>(static_cast<const void*>(endpoint->data())),
                    endpoint->size(), static_cast<std::byte*>(static_cast<void*>(&storage)));
}

// in6_pktinfo is the same (RFC 3542 6.2).
Bytes encode_address6(const std::vector<std::string_view>& words, std::uint32_t interface) {
    ipv6_mreq native{};
    if (const auto address = Endpoint::parse(words[0])) {
        copy_address(words[0], native.ipv6mr_multiaddr);
        native.ipv6mr_interface = interface != 0 ? interface : address->scope_id();
    }
    return to_bytes(native);
}

Bytes encode_source4(const std::vector<std::string_view>& words) {
    ip_mreq_source native{};
    copy_address(words[0], native.imr_multiaddr);
    copy_address(words[1], native.imr_sourceaddr);
    if (words.size() > 2)
        copy_address(words[2], native.imr_interface);
    return to_bytes(native);
}

Bytes encode_group(const std::vector<std::string_view>& words, std::uint32_t interface) {
    group_req native{};
    native.gr_interface = interface;
    copy_storage(words[0], native.gr_group);
    return to_bytes(native);
}

Bytes encode_group_source(const std::vector<std::string_view>& words, std::uint32_t interface) {
    group_source_req native{};
    native.gsr_interface = interface;
    copy_storage(words[0], native.gsr_group);
    copy_storage(words[1], native.gsr_source);
    return to_bytes(native);
}

// Memberships whose bytes have the same members on every platform.
Result<Bytes> encode_membership(const OptionRow& row, const std::string& text) {
    const auto words = split(text, ",");
    if (row.type == ValueType::source_membership4)
        return encode_source4(words);
    const auto interface = interface_at(words, row.type == ValueType::group_source ? 2 : 1);
    if (!interface)
        return fail(interface.error());
    switch (row.type) {
        case ValueType::group: return encode_group(words, *interface);
        case ValueType::group_source: return encode_group_source(words, *interface);
        default: return encode_address6(words, *interface);
    }
}

bool is_portable_membership(ValueType type) {
    return type == ValueType::membership6 || type == ValueType::address6 ||
           type == ValueType::source_membership4 || type == ValueType::group ||
           type == ValueType::group_source;
}

Result<Bytes> encode_text_form(const OptionRow& row, const OptionValue& value) {
    if (row.type == ValueType::text)
        return encode_text(std::get<std::string>(value));
    if (is_portable_membership(row.type))
        return encode_membership(row, std::get<std::string>(value));
    return encode_native(row, value);
}

// "1, 4, 5" for bits 0, 3 and 4.
std::string numbers_of_bits(std::span<const std::byte> bytes) {
    std::string text;
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit)
        if ((std::to_integer<unsigned>(bytes[bit / 8]) >> bit % 8 & 1) != 0)
            text += fmt::format("{}{}", text.empty() ? "" : ", ", bit + 1);
    return text.empty() ? "none" : text;
}

OptionValue decode_endpoint(std::span<const std::byte> bytes) {
    const auto storage = from_bytes<sockaddr_storage>(bytes);
    const auto endpoint =
        Endpoint::from_native(static_cast<const sockaddr*>(static_cast<const void*>(&storage)),
                              static_cast<SocketLength>(bytes.size()));
    return endpoint ? OptionValue(endpoint->to_string()) : Bytes(bytes.begin(), bytes.end());
}

}  // namespace

std::size_t read_capacity(const OptionRow& row) noexcept {
    switch (row.type) {
        case ValueType::flag: return row.at + sizeof(int);
        case ValueType::tcp_info: return 1024;  // 280 as of Linux 6.18
        case ValueType::bytes:
        case ValueType::endpoints:
        case ValueType::subflows:
        case ValueType::set_bits:
        case ValueType::groups: return 4096;
        case ValueType::text: return 256;
        case ValueType::linger: return sizeof(linger);
        case ValueType::structure: return row.size;
        // SO_PEERNAME must not have room for more than the address; see read_bytes().
        case ValueType::endpoint:
            return row.level == OptionLevel::socket ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
        default: return is_number(row.type) ? row.at + row.width : 64;
    }
}

void fill_presets(const OptionRow& row, std::span<std::byte> buffer) noexcept {
    for (const Preset& preset : row.presets) {
        const auto half = static_cast<std::uint16_t>(preset.value);
        const void* value = preset.size == sizeof half ? static_cast<const void*>(&half)
                                                       : static_cast<const void*>(&preset.value);
        std::copy_n(static_cast<const std::byte*>(value), preset.size,
                    buffer.begin() + preset.offset);
    }
}

Result<std::uint32_t> interface_at(const std::vector<std::string_view>& words, std::size_t place) {
    if (words.size() <= place)
        return 0U;
    const std::string name(words[place]);
    if (const unsigned index = ::if_nametoindex(name.c_str()))
        return index;
    return fail({std::make_error_code(std::errc::no_such_device), "interface", name, {}, {}});
}

Result<Bytes> encode(const OptionRow& row, const OptionValue& value) {
    if (row.type == ValueType::filter)
        return encode_native(row, value);
    if (const auto* bytes = std::get_if<Bytes>(&value))
        return *bytes;
    const auto* on = std::get_if<bool>(&value);
    const auto* number = std::get_if<std::int64_t>(&value);
    if (on != nullptr || number != nullptr) {
        Bytes bytes = on != nullptr ? to_bytes(int{*on}) : encode_number(row, *number);
        bytes.insert(bytes.begin(), row.at, std::byte{0});
        return bytes;
    }
    if (const auto* native = std::get_if<Linger>(&value))
        return encode_linger(*native);
    if (const auto* fields = std::get_if<Fields>(&value))
        return encode_structure(row, *fields);
    return encode_text_form(row, value);
}

OptionValue decode(const OptionRow& row, std::span<const std::byte> all) {
    const auto bytes = all.subspan(std::min<std::size_t>(row.at, all.size()));
    if (row.type == ValueType::text)
        return until_nul(bytes);
    if (row.type == ValueType::structure)
        return decode_structure(row, bytes);
    if (row.type == ValueType::endpoint)
        return decode_endpoint(bytes);
    if (row.type == ValueType::set_bits)
        return numbers_of_bits(bytes);
    if (row.type == ValueType::flag && bytes.size() <= 4)
        return from_bytes<int>(bytes) != 0;
    if (is_number(row.type) && has_number_size(bytes.size()))
        return decode_number(row, bytes);
    if (row.type == ValueType::linger && bytes.size() == sizeof(linger))
        return decode_linger(bytes);
    return decode_native(row, bytes);
}

}  // namespace sockbox::net
