// Parses and prints option values.
#include "option/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "net/endpoint.h"
#include "option/codec.h"
#include "option/packet_filter.h"
#include "option/structure.h"
#include "option/table.h"
#include "system/platform.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::net {
namespace {

using std::chrono::nanoseconds;

tl::unexpected<Error> out_of_range(const OptionRow& row, std::string_view text) {
    return fail_text(
        fmt::format("'{}' is out of range: expected {}", escape(text), legal_values(row)));
}

// Symbols may be written in full; the rows have them without the prefix that all of a kind share.
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

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// "7200s" for "7200 s"; anything else unchanged, so that a space anywhere else is an error.
std::string joined_unit(std::string_view text) {
    std::string joined(text);
    const std::size_t space = joined.find(' ');
    const bool before_unit = space != std::string::npos && space > 0 && space + 1 < joined.size() &&
                             is_digit(joined[space - 1]) && !is_digit(joined[space + 1]);
    if (before_unit)
        joined.erase(space, 1);
    return joined;
}

// A number in the option's unit, not yet checked against its range.
Result<std::int64_t> read_number(const OptionRow& row, std::string_view text) {
    const bool negative = text.starts_with('-');
    const bool plain = text.size() > (negative ? 1 : 0) &&
                       std::all_of(text.begin() + (negative ? 1 : 0), text.end(), is_digit);
    if (plain) {
        auto number = parse_integer(text, -INT64_MAX, INT64_MAX);
        return number ? number : Result<std::int64_t>(out_of_range(row, text));
    }
    if (const auto hex = row.unit.empty() ? read_hex(text) : std::nullopt)
        return *hex;
    if (!row.unit.empty() && unit_ns(row.unit) == 0 && text.ends_with(" " + std::string(row.unit)))
        return read_number(row, text.substr(0, text.size() - row.unit.size() - 1));
    if (row.unit == "bytes" && !negative)
        if (const auto size = parse_size(text))
            return static_cast<std::int64_t>(*size);
    if (const std::int64_t ns = unit_ns(row.unit)) {
        const auto time = parse_duration(joined_unit(text));
        if (time && time->count() % ns == 0)
            return time->count() / ns;
    }
    return fail_text(
        fmt::format("'{}' is not a value: expected {}", escape(text), legal_values(row)));
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

constexpr std::string_view reset_note = " (RST on close)";  // may follow a printed linger of 0
constexpr std::string_view seconds_unit = " s";

// A bare number is refused because it is ambiguous: "1" could mean "on", which as {1, 0} would
// reset connections, or one second.
Result<OptionValue> parse_linger(const OptionRow& row, std::string_view text) {
    if (equal_ignoring_case(text, "off"))
        return Linger{};
    const std::size_t comma = std::min(text.find(','), text.size() - 1);
    if (equal_ignoring_case(text.substr(0, comma), "on")) {
        std::string_view number = text.substr(comma + 1);
        if (number.starts_with(' '))
            number.remove_prefix(1);
        for (const std::string_view end : {reset_note, seconds_unit, seconds_unit.substr(1)})
            if (number.ends_with(end))
                number.remove_suffix(end.size());
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
    // No name in the kernel contains characters that would have to be escaped.
    if (escape(text) != text)
        return fail_text(fmt::format("'{}' is not a name", escape(text)));
    const auto length = static_cast<std::int64_t>(text.size());
    if (!in_range(row.range, length))
        return fail_text(fmt::format("'{}' has {} characters: expected {} to {}", escape(text),
                                     length, row.range.low, row.range.high));
    return std::string(text);
}

Result<OptionValue> parse_bytes(const OptionRow& row, std::string_view text) {
    const auto bytes = parse_hex(text);
    if (!bytes)
        return fail(bytes.error());
    if (!in_range(row.range, static_cast<std::int64_t>(bytes->size())))
        return fail_text(fmt::format("'{}' has {} bytes: expected {} to {}", escape(text),
                                     bytes->size(), row.range.low, row.range.high));
    return *bytes;
}

Result<OptionValue> parse_address(std::string_view text) {
    const auto address = Endpoint::parse(text);
    if (!address || address->family() != Family::ipv4)
        return fail_text(fmt::format("'{}' is not an IPv4 address", escape(text)));
    return std::string(text);
}

// What the parts of a membership are, apart from the interface at the end.
struct MembershipForm {
    Family family;    // Family::any: either
    bool has_source;  // GROUP,SOURCE rather than GROUP
    bool is_group;    // whether the first address must be multicast
};

MembershipForm form_of(ValueType type) {
    switch (type) {
        case ValueType::membership4: return {Family::ipv4, false, true};
        case ValueType::membership6: return {Family::ipv6, false, true};
        case ValueType::source_membership4: return {Family::ipv4, true, true};
        case ValueType::group: return {Family::any, false, true};
        case ValueType::group_source: return {Family::any, true, true};
        default: return {Family::ipv6, false, false};
    }
}

bool has_form(const std::vector<std::string_view>& words, const MembershipForm& form,
              ValueType type) {
    const std::size_t addresses = form.has_source ? 2 : 1;
    if (words.size() < addresses || words.size() > addresses + 1)
        return false;
    const auto first = Endpoint::parse(words[0]);
    if (!first || first->is_multicast() != form.is_group ||
        (form.family != Family::any && first->family() != form.family))
        return false;
    const auto source = Endpoint::parse(words[addresses - 1]);
    if (form.has_source &&
        (!source || !source->is_unicast() || source->family() != first->family()))
        return false;
    if (type != ValueType::source_membership4 || words.size() == addresses)
        return true;
    const auto interface = Endpoint::parse(words.back());
    return interface && interface->family() == Family::ipv4;
}

Result<OptionValue> parse_membership(const OptionRow& row, std::string_view text) {
    const MembershipForm form = form_of(row.type);
    if (has_form(split(text, ","), form, row.type))
        return std::string(text);
    const std::string_view groups = form.family == Family::ipv4   ? " (224.0.0.0/4)"
                                    : form.family == Family::ipv6 ? " (ff00::/8)"
                                                                  : "";
    return fail_text(fmt::format(
        "'{}' is not {} with an {}{}", escape(text), legal_values(row),
        form.family == Family::any ? "IP" : family_name(form.family),
        form.is_group ? fmt::format(" multicast address{}", groups) : " unicast address"));
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
        case ValueType::membership4:
        case ValueType::membership6:
        case ValueType::source_membership4:
        case ValueType::group:
        case ValueType::group_source:
        case ValueType::address6: return parse_membership(row, text);
        case ValueType::structure: return parse_structure(row, text);
        default: return parse_bytes(row, text);
    }
}

// Whether a space is anywhere but between a number and its unit, for types whose text has no words.
bool has_stray_space(const OptionRow& row, std::string_view text) {
    const bool has_words = row.type == ValueType::linger || row.type == ValueType::structure ||
                           row.type == ValueType::filter;
    for (std::size_t at = 0; !has_words && (at = text.find(' ', at)) != text.npos; ++at) {
        const bool before_unit = at > 0 && is_digit(text[at - 1]) && at + 1 < text.size() &&
                                 !is_digit(text[at + 1]) && text[at + 1] != ' ';
        if (!before_unit)
            return true;
    }
    return false;
}

const ValueName* find_name(const OptionRow& row, std::int64_t value) {
    for (const ValueName& name : native_names(row))
        if (name.value == value)
            return &name;
    return nullptr;
}

void append_integer(std::string& text, std::int64_t value) {
    const fmt::format_int digits(value);
    text.append(digits.data(), digits.size());
}

void append_mask(std::string& text, const OptionRow& row, std::int64_t value) {
    if (value == 0)
        text += "none";
    std::string_view between;
    for (const std::string& name : mask_names(row, value)) {
        text.append(between).append(name);
        between = "|";
    }
}

bool is_time(std::string_view unit) noexcept {
    return unit == "s" || unit == "ms" || unit == "us";
}

void append_unit(std::string& text, std::string_view unit) {
    if (!unit.empty())
        text.append(" ").append(unit);
}

void append_number(std::string& text, const OptionRow& row, std::int64_t value) {
    if (row.type == ValueType::mask)
        return append_mask(text, row, value);
    if (row.type == ValueType::port_range) {
        append_integer(text, value & 0xffff);
        text += '-';
        return append_integer(text, value >> 16 & 0xffff);
    }
    if (const ValueName* name = find_name(row, value)) {
        text += name->name;
        return;
    }
    append_integer(text, value);
    // Only times get a unit. Counts, such as bytes or hops, are unambiguous without one and easier
    // to use in scripts.
    if (is_time(row.unit))
        append_unit(text, row.unit);
}

// "2 instructions: ld #pktlen; ret a".
void append_filter(std::string& text, const Bytes& program) {
    const auto instructions = disassemble(program);
    if (instructions.empty()) {
        text += "none";
        return;
    }
    append_integer(text, std::ssize(instructions));
    std::string_view between = " instructions: ";
    for (const std::string& instruction : instructions)
        text.append(std::exchange(between, "; ")).append(instruction);
}

struct Appender {
    std::string& text;
    const OptionRow& row;

    void operator()(bool value) const { text += value ? "on" : "off"; }
    void operator()(std::int64_t value) const { append_number(text, row, value); }
    void operator()(nanoseconds value) const { text += format_duration(value); }
    void operator()(const Linger& value) const {
        text += value.on ? "on, " : "off";
        if (!value.on)
            return;
        append_integer(text, value.seconds);
        text += " s";
    }
    void operator()(const std::string& value) const { text += escape(value); }
    void operator()(const Fields& fields) const {
        for (const Field& field : fields) {
            if (&field != &fields.front())
                text += ", ";
            append_text(text, field);
        }
    }
    void operator()(const Bytes& value) const {
        if (row.type == ValueType::filter)
            append_filter(text, value);
        else
            text += format_hex(value);
    }
};

std::string all_names(const OptionRow& row) {
    std::vector<std::string_view> names;
    for (const ValueName& name : native_names(row))
        names.push_back(name.name);
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string legal_numbers(const OptionRow& row) {
    std::string text = fmt::format("{} to {}", row.range.low, row.range.high);
    append_unit(text, row.unit);
    if (row.range.also < row.range.low || row.range.also > row.range.high)
        text += fmt::format(", or {}", value_name(row, row.range.also));
    return text;
}

std::string legal_lengths(const OptionRow& row, std::string_view of_what) {
    const bool bounded = row.range.high < INT_MAX;
    return bounded ? fmt::format("{} to {} {}", row.range.low, row.range.high, of_what)
                   : std::string();
}

}  // namespace

Result<OptionValue> parse_value(const OptionRow& row, std::string_view text) {
    auto value =
        has_stray_space(row, text)
            ? fail_text(fmt::format("'{}' has a space other than before a unit: expected {}",
                                    escape(text), legal_values(row)))
            : parse_by_type(row, text);
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

std::string to_text(const OptionRow& row, const OptionValue& value) {
    std::string text;
    append_text(text, row, value);
    return text;
}

void append_text(std::string& text, const OptionRow& row, const OptionValue& value) {
    std::visit(Appender{text, row}, value);
}

void append_text(std::string& text, const Field& field) {
    text.append(field.name).append(" ");
    if (const auto* words = std::get_if<std::string>(&field.value)) {
        text += *words;
        append_unit(text, field.unit);
    } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
        append_integer(text, *number);
        append_unit(text, field.unit);
    } else {
        text += '-';
    }
}

std::vector<std::string> mask_names(const OptionRow& row, std::int64_t value) {
    std::vector<std::string> names;
    for (const ValueName& name : native_names(row))
        if ((value & name.value) == name.value) {
            names.emplace_back(name.name);
            value &= ~name.value;
        }
    if (value != 0)
        names.push_back(fmt::format("0x{:x}", static_cast<std::uint32_t>(value)));
    return names;
}

std::string value_name(const OptionRow& row, std::int64_t value) {
    const ValueName* name = find_name(row, value);
    return name != nullptr ? std::string(name->name) : fmt::format("{}", value);
}

std::string legal_values(const OptionRow& row) {
    switch (row.type) {
        case ValueType::flag: return "on or off";
        case ValueType::choice:
        case ValueType::mask: return all_names(row);
        case ValueType::integer: return legal_numbers(row);
        case ValueType::linger:
            return fmt::format("off, or on,SECONDS with {} to {}", row.range.low, row.range.high);
        case ValueType::text: return legal_lengths(row, "characters");
        case ValueType::bytes: return legal_lengths(row, "bytes");
        case ValueType::address: return "an IPv4 address";
        case ValueType::interface_index:
        case ValueType::interface_index_be: return "an interface's name or index, or none";
        case ValueType::port_range: return "LOW-HIGH";
        case ValueType::membership4:
        case ValueType::membership6:
        case ValueType::group: return "GROUP or GROUP,INTERFACE";
        case ValueType::source_membership4: return "GROUP,SOURCE or GROUP,SOURCE,ADDRESS";
        case ValueType::group_source: return "GROUP,SOURCE or GROUP,SOURCE,INTERFACE";
        case ValueType::address6: return "ADDRESS or ADDRESS,INTERFACE";
        case ValueType::duration: return "a time such as 250ms or 1.5s; 0 disables the limit";
        case ValueType::structure: return structure_syntax(row);
        case ValueType::filter: return "instructions as printed by tcpdump -ddd, or none";
        default: return {};
    }
}

}  // namespace sockbox::net
