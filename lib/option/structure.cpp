// Decodes, encodes and parses structures by the members that their rows list.
#include "option/structure.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "net/endpoint.h"
#include "net/object_bytes.h"
#include "option/table.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::net {
namespace {

using Number = std::uint64_t;

// The largest number that can be set; those of 8 bytes are signed in a Field.
Number largest(const Member& member) {
    return std::min(~Number{0} >> (64 - 8 * member.size), static_cast<Number>(INT64_MAX));
}

// The bytes of a number, in the order in which the structure has them, and back.
Bytes number_to_bytes(const Member& member, Number number) {
    Bytes bytes = member.size == 1   ? to_bytes(static_cast<std::uint8_t>(number))
                  : member.size == 2 ? to_bytes(static_cast<std::uint16_t>(number))
                  : member.size == 4 ? to_bytes(static_cast<std::uint32_t>(number))
                                     : to_bytes(number);
    if (member.form != MemberForm::big_endian)
        return bytes;
    for (std::byte& byte : bytes)
        byte = static_cast<std::byte>(number >> 8 * (&bytes.back() - &byte));
    return bytes;
}

Number number_from_bytes(const Member& member, std::span<const std::byte> bytes) {
    if (member.form == MemberForm::big_endian) {
        Number number = 0;
        for (const std::byte byte : bytes)
            number = number << 8 | std::to_integer<Number>(byte);
        return number;
    }
    switch (member.size) {
        case 1: return from_bytes<std::uint8_t>(bytes);
        case 2: return from_bytes<std::uint16_t>(bytes);
        case 4: return from_bytes<std::uint32_t>(bytes);
        default: return from_bytes<Number>(bytes);
    }
}

std::string mask_to_text(const Member& member, Number bits) {
    std::vector<std::string> words;
    for (const ValueName& name : member.names) {
        const auto bit = static_cast<Number>(name.value);
        if ((bits & bit) == bit) {
            words.emplace_back(name.name);
            bits &= ~bit;
        }
    }
    if (bits != 0)
        words.push_back(fmt::format("0x{:x}", bits));
    return words.empty() ? "none" : fmt::format("{}", fmt::join(words, "|"));
}

Field number_to_field(const Member& member, Number number) {
    if (member.form == MemberForm::mask)
        return {member.name, mask_to_text(member, number), {}};
    if (member.form == MemberForm::identifier)
        return {member.name, fmt::format("0x{:x}", number), {}};
    for (const ValueName& name : member.names)
        if (static_cast<Number>(name.value) == number)
            return {member.name, std::string(name.name), {}};
    return {member.name, static_cast<std::int64_t>(number), member.unit};
}

Field endpoint_to_field(const Member& member, std::span<const std::byte> bytes) {
    const auto storage = from_bytes<sockaddr_storage>(bytes);
    const auto endpoint = Endpoint::from_native(
        static_cast<const sockaddr*>(static_cast<const void*>(&storage)), sizeof storage);
    if (!endpoint)
        return {member.name, {}, {}};
    return {member.name, endpoint->to_string(), {}};
}

std::optional<Number> parse_plain(const Member& member, std::string_view text) {
    if (text.size() > 2 && (text.starts_with("0x") || text.starts_with("0X"))) {
        Number number = 0;
        const auto [stop, error] =
            std::from_chars(text.data() + 2, text.data() + text.size(), number, 16);
        return error == std::errc() && stop == text.data() + text.size() ? std::optional(number)
                                                                         : std::nullopt;
    }
    const auto number = parse_integer(text, 0, static_cast<std::int64_t>(largest(member)));
    return number ? std::optional(static_cast<Number>(*number)) : std::nullopt;
}

std::optional<Number> parse_symbol(const Member& member, std::string_view text) {
    for (const ValueName& name : member.names)
        if (equal_ignoring_case(name.name, text))
            return static_cast<Number>(name.value);
    return parse_plain(member, text);
}

std::optional<Number> parse_mask(const Member& member, std::string_view text) {
    if (equal_ignoring_case(text, "none"))
        return 0;
    Number bits = 0;
    for (const std::string_view word : split(text, "|")) {
        const auto bit = parse_symbol(member, word);
        if (!bit)
            return std::nullopt;
        bits |= *bit;
    }
    return bits;
}

std::optional<Number> parse_number(const Member& member, std::string_view text) {
    if (member.form == MemberForm::mask)
        return parse_mask(member, text);
    if (member.form == MemberForm::interface_index)
        if (const unsigned index = ::if_nametoindex(std::string(text).c_str()))
            return index;
    return parse_symbol(member, text);
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
    const auto parts = split_host_port(text);
    const auto port = parts ? parse_port(parts->port) : fail_text("");
    const auto endpoint = port ? Endpoint::parse(parts->host, *port) : fail_text("");
    return endpoint ? std::optional(*endpoint) : std::nullopt;
}

// The value of one member, without its name and its unit.
std::string_view bare(const Member& member, std::string_view text) {
    if (text.size() > member.name.size() && text[member.name.size()] == ' ' &&
        equal_ignoring_case(text.substr(0, member.name.size()), member.name))
        text = trimmed(text.substr(member.name.size()));
    if (!member.unit.empty() && text.ends_with(" " + std::string(member.unit)))
        text.remove_suffix(member.unit.size() + 1);
    return text;
}

Result<Field> parse_member(const Member& member, std::string_view text) {
    const std::string_view value = bare(member, text);
    if (member.form == MemberForm::endpoint) {
        if (const auto endpoint = parse_endpoint(value))
            return Field{member.name, endpoint->to_string(), {}};
        return fail_text(fmt::format("{}: '{}' is not ADDRESS:PORT", member.name, escape(value)));
    }
    const auto number = parse_number(member, value);
    if (number && *number <= largest(member))
        return number_to_field(member, *number);
    std::vector<std::string_view> names;
    for (const ValueName& name : member.names)
        names.push_back(name.name);
    const std::string expected = names.empty() ? fmt::format("a number up to {}", largest(member))
                                               : fmt::format("{}", fmt::join(names, ", "));
    return fail_text(
        fmt::format("{}: '{}' is not {}", member.name, escape(value),
                    member.form == MemberForm::interface_index ? "an interface" : expected));
}

// The lengths that the bytes of a structure may have when it is set: those in the row's range if it
// has one.
Range lengths_to_set(const OptionRow& row) {
    return row.range.low == Range{}.low ? Range{row.size, row.size} : row.range;
}

// Whether the members that are read are not all that is set, which therefore takes bytes.
bool is_set_as_bytes(const OptionRow& row) {
    return !in_range(lengths_to_set(row), row.size);
}

Result<OptionValue> parse_structure_bytes(const OptionRow& row, std::string_view text) {
    const auto bytes = parse_hex(text);
    if (!bytes)
        return fail(bytes.error());
    const auto [low, high, also] = lengths_to_set(row);
    const auto size = static_cast<std::int64_t>(bytes->size());
    if (size >= low && size <= high)
        return *bytes;
    return fail_text(
        fmt::format("'{}' has {} bytes: expected {}", escape(text), size,
                    low == high ? fmt::format("{}", low) : fmt::format("{} to {}", low, high)));
}

}  // namespace

Fields decode_structure(const OptionRow& row, std::span<const std::byte> bytes) {
    Fields fields;
    fields.reserve(row.members.size());
    for (const Member& member : row.members) {
        if (bytes.size() < std::size_t{member.offset} + member.size)
            break;
        const auto own = bytes.subspan(member.offset, member.size);
        fields.push_back(member.form == MemberForm::endpoint
                             ? endpoint_to_field(member, own)
                             : number_to_field(member, number_from_bytes(member, own)));
        fields.back().trend = member.trend;
    }
    return fields;
}

Bytes encode_structure(const OptionRow& row, const Fields& fields) {
    Bytes bytes(row.size);
    const std::size_t given = std::min(fields.size(), row.members.size());
    for (std::size_t i = 0; i < given; ++i) {
        const Member& member = row.members[i];
        const auto* text = std::get_if<std::string>(&fields[i].value);
        const auto* number = std::get_if<std::int64_t>(&fields[i].value);
        Bytes own;
        if (member.form != MemberForm::endpoint)
            own =
                number_to_bytes(member, number != nullptr ? static_cast<Number>(*number)
                                        : text != nullptr ? parse_number(member, *text).value_or(0)
                                                          : 0);
        else if (const auto endpoint = parse_endpoint(text != nullptr ? *text : ""))
            own = {static_cast<const std::byte*>(static_cast<const void*>(endpoint->data())),
                   static_cast<const std::byte*>(static_cast<const void*>(endpoint->data())) +
                       endpoint->size()};
        std::copy(own.begin(), own.end(), bytes.begin() + member.offset);
    }
    return bytes;
}

Result<OptionValue> parse_structure(const OptionRow& row, std::string_view text) {
    const bool hexadecimal = text.starts_with("0x") && text.find(',') == text.npos;
    if (is_set_as_bytes(row) || (hexadecimal && row.members.size() > 1))
        return parse_structure_bytes(row, text);
    const auto words = split(text, ",");
    const auto needed = std::ranges::count(row.members, false, &Member::optional);
    if (words.size() > row.members.size() || std::ssize(words) < needed)
        return fail_text(fmt::format("'{}' is not {}", escape(text), structure_syntax(row)));
    Fields fields;
    for (std::size_t i = 0; i < row.members.size(); ++i) {
        const auto field = i < words.size() ? parse_member(row.members[i], words[i])
                                            : number_to_field(row.members[i], 0);
        if (!field)
            return fail(field.error());
        fields.push_back(*field);
    }
    return fields;
}

std::string structure_syntax(const OptionRow& row) {
    if (is_set_as_bytes(row))
        return fmt::format("{} to {} bytes", row.range.low, row.range.high);
    std::string text;
    std::size_t brackets = 0;
    for (const Member& member : row.members) {
        const std::string_view between = text.empty() ? "" : ",";
        brackets += member.optional ? 1 : 0;
        text += fmt::format("{}{}{}", member.optional ? "[" : "", between, upper_case(member.name));
    }
    return text.append(brackets, ']');
}

}  // namespace sockbox::net
