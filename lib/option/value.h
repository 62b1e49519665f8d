// Values of socket options, and their text form.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "option/row.h"
#include "system/result.h"

namespace sockbox::net {

// The value of SO_LINGER: what close(2) does with unsent data.
struct Linger {
    bool on = false;  // whether close(2) waits
    int seconds = 0;  // for how long; 0: it resets the connection
    friend bool operator==(const Linger&, const Linger&) = default;
};

// One member of a structure such as tcp_info.
struct Field {
    std::string_view name;                                          // a literal
    std::variant<std::monostate, std::int64_t, std::string> value;  // monostate: not known yet
    std::string_view unit;                                          // see OptionRow::unit
    Trend trend = Trend::gauge;                                     // what a difference means
    friend bool operator==(const Field&, const Field&) = default;
};
using Fields = std::vector<Field>;

// Bytes of an option in the form of the system.
using Bytes = std::vector<std::byte>;

// An option's value; OptionRow::type determines the alternative. Numbers, choices, masks, interface
// indexes and port ranges are std::int64_t; OptionRow::names has their symbols.
using OptionValue =
    std::variant<bool, std::int64_t, std::chrono::nanoseconds, Linger, std::string, Fields, Bytes>;

// Parses the text form of a value of this option. Accepts what to_text() prints, and also:
// 1/0, true/false, yes/no for flags; K, M and G if the unit is bytes; any time unit if it is a time
// (a bare number is in the option's unit, or seconds for ValueType::duration); names or numbers for
// choices and masks; 0x… for bytes. Fails with the legal range on any value that the system would
// silently truncate or reinterpret.
Result<OptionValue> parse_value(const OptionRow& row, std::string_view text);

// Parses an amount to add to a number or a time: the syntax of parse_value(), in any range; "-5" or
// "-250ms" subtracts. In the option's unit, or nanoseconds for ValueType::duration.
Result<std::int64_t> parse_difference(const OptionRow& row, std::string_view text);

// The value of a computed number, or time in nanoseconds; nullopt if it is not legal for this
// option.
std::optional<OptionValue> legal_value(const OptionRow& row, std::int64_t number);

// "on", "131072", "7200 s", "on, 5 s", "SOCK_STREAM", "pid 1, uid 0, gid 0".
std::string to_text(const OptionRow& row, const OptionValue& value);

// Appends to_text() to `text`.
void append_text(std::string& text, const OptionRow& row, const OptionValue& value);

// Appends a name and value, such as "state ESTABLISHED" or "rtt 9250 us"; "-" if not known.
void append_text(std::string& text, const Field& field);

// The symbols of the bits that are set; bits without a symbol come last, as one "0x…".
std::vector<std::string> mask_names(const OptionRow& row, std::int64_t value);

// The symbol of a number, or its decimal digits.
std::string value_name(const OptionRow& row, std::int64_t value);

// A description of the legal values: "0 to 255", "88 to 32767, or 0", or the names of a choice or
// mask; empty if any value is legal.
std::string legal_values(const OptionRow& row);

}  // namespace sockbox::net
