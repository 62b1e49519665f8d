// Option values as a user reads them.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "option/packet_filter.h"
#include "option/table.h"
#include "option/value.h"
#include "system/platform.h"
#include "text/escape.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::net {
namespace {

using std::chrono::nanoseconds;

const ValueName* name_of(const OptionRow& row, std::int64_t value) {
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
    if (const ValueName* name = name_of(row, value)) {
        text += name->name;
        return;
    }
    append_integer(text, value);
    // What is counted, bytes or hops, stands bare: it goes into scripts, and there is no doubt of
    // it.
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
            append_field(text, field);
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

std::string format_value(const OptionRow& row, const OptionValue& value) {
    std::string text;
    append_value(text, row, value);
    return text;
}

void append_value(std::string& text, const OptionRow& row, const OptionValue& value) {
    std::visit(Appender{text, row}, value);
}

void append_field(std::string& text, const Field& field) {
    text.append(field.name).append(" ");
    if (const auto* words = std::get_if<std::string>(&field.value)) {
        text += *words;
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
    const ValueName* name = name_of(row, value);
    return name != nullptr ? std::string(name->name) : fmt::format("{}", value);
}

std::string interface_name(std::int64_t index) {
    std::array<char, IF_NAMESIZE + 1> name{};
    const bool known = ::if_indextoname(static_cast<unsigned>(index), name.data()) != nullptr;
    return known ? std::string(name.data()) : std::string();
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
        case ValueType::membership6: return "GROUP or GROUP,INTERFACE";
        case ValueType::duration: return "a time such as 250ms or 1.5s; 0 is for none";
        case ValueType::filter: return "instructions as tcpdump -ddd prints them, or none";
        default: return {};
    }
}

}  // namespace sockbox::net
