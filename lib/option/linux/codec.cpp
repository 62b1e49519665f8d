// Encodes and decodes the option values that are specific to Linux.
#include "option/codec.h"

#include <fmt/format.h>
#include <linux/filter.h>
#include <sys/time.h>

#include <array>

#include "net/endpoint.h"
#include "option/subflows.h"
#include "option/table.h"
#include "option/tcp_info.h"
#include "system/host.h"
#include "text/text.h"

namespace sockbox::net {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

// The timeval of options whose number is that of 64 bits on every machine.
struct WideTime {
    std::int64_t tv_sec;
    std::int64_t tv_usec;
};

template <class Time>
Bytes encode_time(nanoseconds time) {
    Time native{};
    native.tv_sec = time / std::chrono::seconds(1);
    native.tv_usec = time % std::chrono::seconds(1) / microseconds(1);
    return to_bytes(native);
}

// A socket may have a timeout of more than the 292 years that fit.
template <class Time>
nanoseconds decode_time(std::span<const std::byte> bytes) {
    constexpr auto longest = std::chrono::floor<std::chrono::seconds>(nanoseconds::max());
    const auto native = from_bytes<Time>(bytes);
    if (native.tv_sec >= longest.count())
        return longest;
    return std::chrono::seconds(native.tv_sec) + microseconds(native.tv_usec);
}

in_addr ipv4_of(std::string_view text) {
    in_addr address{};
    if (const auto endpoint = Endpoint::parse(text))
        std::copy_n(endpoint->bytes().begin(), sizeof address,
                    static_cast<std::byte*>(static_cast<void*>(&address)));
    return address;
}

std::string ipv4_to_text(std::span<const std::byte> bytes) {
    std::array<char, INET_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET, bytes.data(), text.data(), text.size());
    return text.data();
}

// setsockopt(2) reads the program through a pointer, which is not const, but does not write to it.
Bytes encode_filter(const Bytes& program) {
    sock_fprog native{};
    native.len = static_cast<unsigned short>(program.size() / sizeof(sock_filter));
    void* first = const_cast<std::byte*>(program.data());
    native.filter = static_cast<sock_filter*>(first);
    return to_bytes(native);
}

Result<Bytes> encode_membership4(const std::string& text) {
    const auto words = split(text, ",");
    const auto index = interface_at(words, 1);
    if (!index)
        return fail(index.error());
    ip_mreqn native{};
    native.imr_multiaddr = ipv4_of(words[0]);
    native.imr_ifindex = static_cast<int>(*index);
    return to_bytes(native);
}

Field number_field(std::string_view name, std::int64_t value, std::string_view unit = {}) {
    return {name, value, unit};
}

Fields decode_credentials(std::span<const std::byte> bytes) {
    const auto native = from_bytes<ucred>(bytes);
    // SO_PEERCRED has IDs of -1 if the socket has no peer yet.
    const bool known = native.uid != static_cast<uid_t>(-1);
    const auto name = [&](auto of, auto id) { return known ? escape(of(id)) : "-"; };
    const std::string process = native.pid > 0 ? process_name(native.pid) : std::string();
    return {number_field("pid", native.pid),
            {"process", process.empty() ? "-" : escape(process), {}},
            number_field("uid", static_cast<std::int32_t>(native.uid)),
            {"user", name(user_name, native.uid), {}},
            number_field("gid", static_cast<std::int32_t>(native.gid)),
            {"group", name(group_name, native.gid), {}}};
}

Fields decode_groups(std::span<const std::byte> bytes) {
    std::string numbers;
    std::string names;
    for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4) {
        const auto id = from_bytes<std::uint32_t>(bytes.subspan(i, 4));
        numbers += fmt::format("{}{}", i == 0 ? "" : " ", id);
        names += fmt::format("{}{}", i == 0 ? "" : " ", escape(group_name(id)));
    }
    return {{"gids", numbers, {}}, {"groups", names, {}}};
}

Fields decode_path_mtu(std::span<const std::byte> bytes) {
    const auto native = from_bytes<ip6_mtuinfo>(bytes);
    const auto* destination =
        static_cast<const sockaddr*>(static_cast<const void*>(&native.ip6m_addr));
    const auto endpoint = Endpoint::from_native(destination, sizeof native.ip6m_addr);
    return {{"destination", endpoint ? endpoint->address() : "::", {}},
            number_field("mtu", native.ip6m_mtu, "bytes")};
}

// The endpoints in sockaddrs of their own lengths, one after the other.
std::string endpoints_to_text(std::span<const std::byte> bytes) {
    std::string text;
    while (bytes.size() >= sizeof(sa_family_t)) {
        const bool ipv4 = from_bytes<sa_family_t>(bytes) == AF_INET;
        const std::size_t size = ipv4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
        const auto storage =
            from_bytes<sockaddr_storage>(bytes.first(std::min(size, bytes.size())));
        const auto* address = static_cast<const sockaddr*>(static_cast<const void*>(&storage));
        const auto endpoint = Endpoint::from_native(address, sizeof storage);
        if (!endpoint || size > bytes.size())
            break;
        text += fmt::format("{}{}", text.empty() ? "" : ", ", endpoint->to_string());
        bytes = bytes.subspan(size);
    }
    return text.empty() ? "none" : text;
}

bool is_wide(const OptionRow& row) {
    return row.width == 8;
}

Bytes copy_of(std::span<const std::byte> bytes) {
    return {bytes.begin(), bytes.end()};
}

}  // namespace

const nanoseconds time_resolution = microseconds(1);
const nanoseconds longest_time = std::chrono::hours(24 * 365 * 100);

int native_level(OptionLevel level) noexcept {
    return linux_level(level);
}

int native_number(const OptionRow& row) noexcept {
    return row.on_linux;
}

std::span<const ValueName> native_names(const OptionRow& row) noexcept {
    return row.names;
}

Result<Bytes> encode_native(const OptionRow& row, const OptionValue& value) {
    if (const auto* time = std::get_if<nanoseconds>(&value))
        return is_wide(row) ? encode_time<WideTime>(*time) : encode_time<timeval>(*time);
    if (const auto* program = std::get_if<Bytes>(&value))
        return encode_filter(*program);
    const auto& text = std::get<std::string>(value);
    return row.type == ValueType::membership4 ? encode_membership4(text) : to_bytes(ipv4_of(text));
}

OptionValue decode_native(const OptionRow& row, std::span<const std::byte> bytes) {
    const auto is = [&](ValueType type, std::size_t size) {
        return row.type == type && bytes.size() == size;
    };
    if (is(ValueType::duration, is_wide(row) ? sizeof(WideTime) : sizeof(timeval)))
        return is_wide(row) ? decode_time<WideTime>(bytes) : decode_time<timeval>(bytes);
    if (is(ValueType::address, sizeof(in_addr)))
        return ipv4_to_text(bytes);
    if (is(ValueType::credentials, sizeof(ucred)))
        return decode_credentials(bytes);
    if (is(ValueType::path_mtu, sizeof(ip6_mtuinfo)))
        return decode_path_mtu(bytes);
    switch (row.type) {
        case ValueType::groups: return decode_groups(bytes);
        case ValueType::tcp_info: return decode_tcp_info(bytes);
        case ValueType::subflows: return decode_subflows(row, bytes);
        case ValueType::endpoints:  // after the ID of the association and their number
            return endpoints_to_text(bytes.subspan(std::min<std::size_t>(8, bytes.size())));
        default: return copy_of(bytes);
    }
}

}  // namespace sockbox::net
