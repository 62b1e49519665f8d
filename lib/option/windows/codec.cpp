// Encodes and decodes the option values that are specific to Windows.
#include "option/codec.h"

#include "option/table.h"
#include "system/platform.h"
#include "text/text.h"

namespace sockbox::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

in_addr ipv4_of(const std::string& text) {
    in_addr address{};
    ::inet_pton(AF_INET, text.c_str(), &address);
    return address;
}

std::string ipv4_to_text(in_addr address) {
    char text[INET_ADDRSTRLEN] = {};
    ::inet_ntop(AF_INET, &address, text, sizeof text);
    return text;
}

// Winsock takes an interface index as an address in 0.0.0.0/8 (IP_ADD_MEMBERSHIP in Microsoft's
// documentation of the IPPROTO_IP options).
Result<Bytes> encode_membership4(const std::string& text) {
    const auto words = split(text, ",");
    const auto index = interface_at(words, 1);
    if (!index)
        return fail(index.error());
    ip_mreq native{};
    native.imr_multiaddr = ipv4_of(std::string(words[0]));
    native.imr_interface.s_addr = htonl(*index);
    return to_bytes(native);
}

}  // namespace

const nanoseconds time_resolution = milliseconds(1);
const nanoseconds longest_time = milliseconds(INT_MAX);

int native_level(OptionLevel level) noexcept {
    return level == OptionLevel::socket ? SOL_SOCKET : linux_level(level);
}

int native_number(const OptionRow& row) noexcept {
    return row.on_windows;
}

std::span<const ValueName> native_names(const OptionRow& row) noexcept {
    return row.names_on_windows.empty() ? row.names : row.names_on_windows;
}

Result<Bytes> encode_native(const OptionRow& row, const OptionValue& value) {
    if (const auto* time = std::get_if<nanoseconds>(&value))
        return to_bytes(static_cast<DWORD>(*time / milliseconds(1)));
    const auto& text = std::get<std::string>(value);
    return row.type == ValueType::membership4 ? encode_membership4(text) : to_bytes(ipv4_of(text));
}

OptionValue decode_native(const OptionRow& row, std::span<const std::byte> bytes) {
    if (row.type == ValueType::duration && bytes.size() == sizeof(DWORD))
        return nanoseconds(milliseconds(from_bytes<DWORD>(bytes)));
    if (row.type == ValueType::address && bytes.size() == sizeof(in_addr))
        return ipv4_to_text(from_bytes<in_addr>(bytes));
    return Bytes(bytes.begin(), bytes.end());
}

}  // namespace sockbox::net
