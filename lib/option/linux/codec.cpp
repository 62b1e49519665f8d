// Encodes and decodes the option values that are specific to Linux.
#include "option/codec.h"

#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/net_tstamp.h>
#include <sys/time.h>

#include <array>

#include "net/endpoint.h"
#include "option/table.h"
#include "option/tcp_info.h"
#include "system/host.h"
#include "text/text.h"

namespace sockbox::net {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

Bytes encode_time(nanoseconds time) {
    timeval native{};
    native.tv_sec = time / std::chrono::seconds(1);
    native.tv_usec = time % std::chrono::seconds(1) / microseconds(1);
    return to_bytes(native);
}

// A socket may have a timeout of more than the 292 years that fit.
nanoseconds decode_time(std::span<const std::byte> bytes) {
    constexpr auto longest = std::chrono::floor<std::chrono::seconds>(nanoseconds::max());
    const auto native = from_bytes<timeval>(bytes);
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

// The index of the interface in "GROUP,INTERFACE"; 0 if there is none.
Result<int> interface_of(const std::vector<std::string_view>& words) {
    if (words.size() < 2)
        return 0;
    const std::string name(words[1]);
    if (const unsigned index = ::if_nametoindex(name.c_str()))
        return static_cast<int>(index);
    return fail_last("interface", name);
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
    const auto index = interface_of(words);
    if (!index)
        return fail(index.error());
    ip_mreqn native{};
    native.imr_multiaddr = ipv4_of(words[0]);
    native.imr_ifindex = *index;
    return to_bytes(native);
}

Result<Bytes> encode_membership6(const std::string& text) {
    const auto words = split(text, ",");
    const auto index = interface_of(words);
    if (!index)
        return fail(index.error());
    ipv6_mreq native{};
    if (const auto group = Endpoint::parse(words[0])) {
        std::copy_n(group->bytes().begin(), sizeof native.ipv6mr_multiaddr,
                    static_cast<std::byte*>(static_cast<void*>(&native.ipv6mr_multiaddr)));
        native.ipv6mr_interface = group->scope_id();
    }
    if (*index != 0)
        native.ipv6mr_interface = static_cast<unsigned>(*index);
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

// Decodes consecutive 32-bit counters. Those after the last name were added by a newer kernel and
// are left out.
Fields decode_counters(std::span<const std::byte> bytes, std::span<const std::string_view> names,
                       std::string_view unit) {
    Fields fields;
    fields.reserve(names.size());
    for (std::size_t i = 0; i < names.size() && (i + 1) * 4 <= bytes.size(); ++i)
        fields.push_back(
            number_field(names[i], from_bytes<std::uint32_t>(bytes.subspan(i * 4, 4)), unit));
    return fields;
}

Fields decode_memory(std::span<const std::byte> bytes) {
    constexpr std::array<std::string_view, 9> names{"rmem_alloc", "rcvbuf",    "wmem_alloc",
                                                    "sndbuf",     "fwd_alloc", "wmem_queued",
                                                    "optmem",     "backlog",   "drops"};
    Fields fields = decode_counters(bytes, names, "bytes");
    if (fields.size() == names.size())
        fields.back().unit = "packets";
    return fields;
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

Fields decode_transmit_time(std::span<const std::byte> bytes) {
    const auto native = from_bytes<sock_txtime>(bytes);
    return {number_field("clock", native.clockid), number_field("flags", native.flags)};
}

Bytes encode_transmit_time(const Fields& fields) {
    sock_txtime native{};
    native.clockid = static_cast<clockid_t>(std::get<std::int64_t>(fields.at(0).value));
    native.flags = static_cast<std::uint32_t>(std::get<std::int64_t>(fields.at(1).value));
    return to_bytes(native);
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
    if (const auto* fields = std::get_if<Fields>(&value))
        return encode_transmit_time(*fields);
    if (const auto* time = std::get_if<nanoseconds>(&value))
        return encode_time(*time);
    if (const auto* program = std::get_if<Bytes>(&value))
        return encode_filter(*program);
    const auto& text = std::get<std::string>(value);
    switch (row.type) {
        case ValueType::membership4: return encode_membership4(text);
        case ValueType::membership6: return encode_membership6(text);
        default: return to_bytes(ipv4_of(text));
    }
}

OptionValue decode_native(const OptionRow& row, std::span<const std::byte> bytes) {
    const auto is = [&](ValueType type, std::size_t size) {
        return row.type == type && bytes.size() == size;
    };
    if (is(ValueType::duration, sizeof(timeval)))
        return decode_time(bytes);
    if (is(ValueType::address, sizeof(in_addr)))
        return ipv4_to_text(bytes);
    if (is(ValueType::credentials, sizeof(ucred)))
        return decode_credentials(bytes);
    if (is(ValueType::path_mtu, sizeof(ip6_mtuinfo)))
        return decode_path_mtu(bytes);
    if (is(ValueType::transmit_time, sizeof(sock_txtime)))
        return decode_transmit_time(bytes);
    switch (row.type) {
        case ValueType::memory: return decode_memory(bytes);
        case ValueType::groups: return decode_groups(bytes);
        case ValueType::tcp_info: return decode_tcp_info(bytes);
        default: return copy_of(bytes);
    }
}

}  // namespace sockbox::net
