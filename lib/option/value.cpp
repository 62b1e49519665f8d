// Option values as a user writes them.
#include "option/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "net/endpoint.h"
#include "option/codec.h"
#include "option/packet_filter.h"
#include "option/table.h"
#include "text/escape.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::net {
namespace {

using std::chrono::nanoseconds;

tl::unexpected<Error> out_of_range(const OptionRow& row, std::string_view text) {
    return fail_text(fmt::format("'{}' is out of range: want {}", escape(text), legal_values(row)));
}

// Symbols as the headers spell them, with what all of a kind begin with left out here.
std::string_view without_prefix(std::string_view name) {
    for (const std::string_view prefix : {"SOF_TIMESTAMPING_", "IPV6_PREFER_SRC_", "IP_PMTUDISC_",
                                          "IPV6_PMTUDISC_", "SOCK_BUF_LOCK_"})
        if (name.size() > prefix.size() &&
            equal_ignoring_case(name.substr(0, prefix.size()), prefix))
            return name.substr(prefix.size());
    return name;
}

const ValueName* named(const OptionRow& row, std::string_view text) {
    for (const ValueName& name : native_names(row))
        if (equal_ignoring_case(name.name, text) ||
            equal_ignoring_case(name.name, without_prefix(text)))
            return &name;
    return nullptr;
}

std::optional<std::int64_t> read_hex(std::string_view text) {
    if (!text.starts_with("0x") && !text.starts_with("0X"))
        return std::nullopt;
    text.remove_prefix(2);
    std::uint32_t value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (text.empty() || error != std::errc() || stop != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::int64_t unit_ns(std::string_view unit) {
    if (unit == "s")
        return 1'000'000'000;
    if (unit == "ms")
        return 1'000'000;
    return unit == "us" ? 1'000 : 0;
}

// "7200 s" as "7200s"; anything else unchanged.
std::string joined_unit(std::string_view text) {
    std::string joined(text);
    const std::size_t space = joined.find(' ');
    if (space != std::string::npos && space + 1 < joined.size())
        joined.erase(space, 1);
    return joined;
}

// A number in the option's unit, not yet held against its range.
Result<std::int64_t> read_number(const OptionRow& row, std::string_view text) {
    const bool negative = text.starts_with('-');
    const bool plain = text.size() > (negative ? 1 : 0) &&
                       std::all_of(text.begin() + (negative ? 1 : 0), text.end(),
                                   [](char c) { return c >= '0' && c <= '9'; });
    if (plain) {
        auto number = parse_integer(text, -INT64_MAX, INT64_MAX);
        return number ? number : Result<std::int64_t>(out_of_range(row, text));
    }
    if (const auto hex = row.unit.empty() ? read_hex(text) : std::nullopt)
        return *hex;
    if (text.ends_with(" " + std::string(row.unit)) && unit_ns(row.unit) == 0)
        return read_number(row, text.substr(0, text.size() - row.unit.size() - 1));
    if (row.unit == "bytes" && !negative)
        if (const auto size = parse_size(text))
            return static_cast<std::int64_t>(*size);
    if (const std::int64_t ns = unit_ns(row.unit)) {
        const auto time = parse_duration(joined_unit(text));
        if (time && time->count() % ns == 0)
            return time->count() / ns;
    }
    return fail_text(fmt::format("'{}' is not a value: want {}", escape(text), legal_values(row)));
}

Result<OptionValue> parse_number(const OptionRow& row, std::string_view text) {
    if (const ValueName* name = named(row, text))
        return name->value;
    const auto number = read_number(row, text);
    if (!number)
        return fail(number.error());
    if (!in_range(row.range, *number))
        return out_of_range(row, text);
    return *number;
}

Result<OptionValue> parse_flag(std::string_view text) {
    for (const std::string_view word : {"on", "1", "true", "yes"})
        if (equal_ignoring_case(text, word))
            return true;
    for (const std::string_view word : {"off", "0", "false", "no"})
        if (equal_ignoring_case(text, word))
            return false;
    return fail_text(fmt::format("'{}' is neither on nor off", escape(text)));
}

Result<OptionValue> parse_mask(const OptionRow& row, std::string_view text) {
    std::int64_t mask = 0;
    if (text == "0" || equal_ignoring_case(text, "none"))
        return mask;
    for (const std::string_view word : split(text, "|,")) {
        const ValueName* name = named(row, word);
        const auto hex = read_hex(word);
        const auto number = parse_integer(word, 0, 0xffffffffLL);
        if (name == nullptr && !hex && !number)
            return fail_text(fmt::format("'{}' is not one of {}", escape(word), legal_values(row)));
        mask |= name != nullptr ? name->value : hex ? *hex : *number;
    }
    return mask;
}

constexpr std::string_view reset_note = "(RST on close)";  // beside a printed linger of 0

// A bare number is refused: {1, 0} resets connections, and people mean other things by "1".
Result<OptionValue> parse_linger(const OptionRow& row, std::string_view text) {
    if (equal_ignoring_case(text, "off"))
        return Linger{};
    const auto words = split(text, ",");
    if (words.size() == 2 && equal_ignoring_case(words[0], "on")) {
        std::string_view number = trimmed(words[1]);
        if (number.ends_with(reset_note))
            number = trimmed(number.substr(0, number.size() - reset_note.size()));
        if (number.ends_with('s'))
            number = trimmed(number.substr(0, number.size() - 1));
        if (const auto seconds = parse_integer(number, row.range.low, row.range.high))
            return Linger{true, static_cast<int>(*seconds)};
    }
    return fail_text(
        fmt::format("'{}' is not 'off' or 'on,SECONDS' ({} to {}; 'on,0' resets the "
                    "connection on close)",
                    escape(text), row.range.low, row.range.high));
}

Result<OptionValue> parse_time(std::string_view text) {
    const auto time = parse_duration(joined_unit(text));
    if (!time)
        return fail(time.error());
    if (*time % time_resolution != nanoseconds(0))
        return fail_text(fmt::format("'{}' is finer than {}, which is what the system takes",
                                     escape(text), format_duration(time_resolution)));
    if (*time > longest_time)
        return fail_text(fmt::format("'{}' is longer than the system takes ({})", escape(text),
                                     format_duration(longest_time)));
    return *time;
}

// A number in the option's unit, or a time in nanoseconds.
Result<std::int64_t> read_amount(const OptionRow& row, std::string_view text) {
    if (row.type != ValueType::duration)
        return read_number(row, text);
    const auto time = parse_duration(joined_unit(text));
    return time ? Result<std::int64_t>(time->count()) : fail(time.error());
}

Result<OptionValue> parse_text(const OptionRow& row, std::string_view text) {
    // Nothing that a kernel calls by a name is spelled with what would have to be escaped.
    if (escape(text) != text)
        return fail_text(fmt::format("'{}' is not a name", escape(text)));
    const auto length = static_cast<std::int64_t>(text.size());
    if (!in_range(row.range, length))
        return fail_text(fmt::format("'{}' has {} characters: want {} to {}", escape(text), length,
                                     row.range.low, row.range.high));
    return std::string(text);
}

Result<OptionValue> parse_bytes(const OptionRow& row, std::string_view text) {
    const auto bytes = parse_hex(text);
    if (!bytes)
        return fail(bytes.error());
    if (!in_range(row.range, static_cast<std::int64_t>(bytes->size())))
        return fail_text(fmt::format("'{}' has {} bytes: want {} to {}", escape(text),
                                     bytes->size(), row.range.low, row.range.high));
    return *bytes;
}

Result<OptionValue> parse_address(std::string_view text) {
    const auto address = Endpoint::parse(text);
    if (!address || address->family() != Family::ipv4)
        return fail_text(fmt::format("'{}' is not an IPv4 address", escape(text)));
    return std::string(text);
}

Result<OptionValue> parse_membership(std::string_view text, Family family) {
    const auto words = split(text, ",");
    const auto group = words.empty() ? fail_text("") : Endpoint::parse(words[0]);
    const bool fits = group && group->family() == family && group->is_multicast();
    if (!fits || words.size() > 2)
        return fail_text(
            fmt::format("'{}' is not GROUP or GROUP,INTERFACE with an {} multicast "
                        "address ({})",
                        escape(text), family_name(family),
                        family == Family::ipv4 ? "224.0.0.0/4" : "ff00::/8"));
    return std::string(text);
}

Result<OptionValue> parse_ports(std::string_view text) {
    const auto words = split(text, "-");
    if (words.size() == 2) {
        const auto low = parse_port(words[0]);
        const auto high = parse_port(words[1]);
        if (low && high && (*low <= *high || *high == 0))
            return std::int64_t{*low} | std::int64_t{*high} << 16;
    }
    return fail_text(fmt::format("'{}' is not a range of ports, LOW-HIGH", escape(text)));
}

Result<OptionValue> parse_interface(const OptionRow& row, std::string_view text) {
    if (equal_ignoring_case(text, "none"))
        return std::int64_t{0};
    if (const unsigned index = ::if_nametoindex(std::string(text).c_str()))
        return std::int64_t{index};
    const auto index = parse_integer(text, row.range.low, row.range.high);
    if (!index)
        return fail_text(fmt::format("'{}' is no interface's name and no index", escape(text)));
    return *index;
}

Result<OptionValue> parse_by_type(const OptionRow& row, std::string_view text) {
    switch (row.type) {
        case ValueType::flag: return parse_flag(text);
        case ValueType::integer:
        case ValueType::choice: return parse_number(row, text);
        case ValueType::mask: return parse_mask(row, text);
        case ValueType::duration: return parse_time(text);
        case ValueType::linger: return parse_linger(row, text);
        case ValueType::text: return parse_text(row, text);
        case ValueType::address: return parse_address(text);
        case ValueType::interface_index:
        case ValueType::interface_index_be: return parse_interface(row, text);
        case ValueType::port_range: return parse_ports(text);
        case ValueType::filter: return parse_filter(text);
        case ValueType::membership4: return parse_membership(text, Family::ipv4);
        case ValueType::membership6: return parse_membership(text, Family::ipv6);
        default: return parse_bytes(row, text);
    }
}

}  // namespace

Result<OptionValue> parse_value(const OptionRow& row, std::string_view text) {
    auto value = parse_by_type(row, text);
    if (value)
        return value;
    Error error = value.error();
    error.action = row.name;
    return fail(std::move(error));
}

Result<std::int64_t> parse_difference(const OptionRow& row, std::string_view text) {
    const bool less = text.starts_with('-');
    const auto amount = read_amount(row, text.substr(less ? 1 : 0));
    if (amount && *amount < 0)
        return out_of_range(row, text);
    return amount && less ? -*amount : amount;
}

std::optional<OptionValue> legal_value(const OptionRow& row, std::int64_t number) {
    if (row.type != ValueType::duration)
        return in_range(row.range, number) ? std::optional<OptionValue>(number) : std::nullopt;
    const nanoseconds time(number);
    const bool legal =
        time.count() >= 0 && time <= longest_time && time % time_resolution == nanoseconds(0);
    return legal ? std::optional<OptionValue>(time) : std::nullopt;
}

}  // namespace sockbox::net
