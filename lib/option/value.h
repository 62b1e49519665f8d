// The value of a socket option: what it can be, and how a user writes and reads it.
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

struct Linger {
    bool on = false;
    int seconds = 0;
    friend bool operator==(const Linger&, const Linger&) = default;
};

// One member of a structure such as tcp_info.
struct Field {
    std::string_view name;                                          // a literal
    std::variant<std::monostate, std::int64_t, std::string> value;  // monostate: not known (yet)
    std::string_view unit;
    friend bool operator==(const Field&, const Field&) = default;
};
using Fields = std::vector<Field>;

using Bytes = std::vector<std::byte>;

// Numbers, choices and masks are std::int64_t; names for them are in the row.
using OptionValue =
    std::variant<bool, std::int64_t, std::chrono::nanoseconds, Linger, std::string, Fields, Bytes>;

// What a user wrote, as a value of that option. Takes what format_value prints, and 1/0, true/false
// for flags, sizes with K, M, G where the unit is bytes, times with any unit (a bare number is in
// the option's own), names or numbers for choices and masks, 0x… for bytes. Refuses whatever the
// system would silently truncate or reinterpret, and tells the legal range.
Result<OptionValue> parse_value(const OptionRow& row, std::string_view text);

// What is added to a number or a time: as parse_value takes it, of any size, and "-5" or "-250ms"
// takes away. A time counts in nanoseconds.
Result<std::int64_t> parse_difference(const OptionRow& row, std::string_view text);

// A number, or a time in nanoseconds, that was computed; none where the option cannot have it.
std::optional<OptionValue> legal_value(const OptionRow& row, std::int64_t number);

// "on", "131072", "7200 s", "on, 5 s", "SOCK_STREAM", "pid 1, uid 0, gid 0".
std::string format_value(const OptionRow& row, const OptionValue& value);

// The same, appended.
void append_value(std::string& text, const OptionRow& row, const OptionValue& value);

// "state ESTABLISHED", "rtt 9250 us", appended; "-" stands for what is not known.
void append_field(std::string& text, const Field& field);

// The symbols of a mask's bits, what has none as one number "0x…".
std::vector<std::string> mask_names(const OptionRow& row, std::int64_t value);

// The symbol of a number, or the number.
std::string value_name(const OptionRow& row, std::int64_t value);

// The name that an interface index has in our network namespace; empty where it has none.
std::string interface_name(std::int64_t index);

// "0 to 255", "88 to 32767, or 0"; the names of a choice or a mask; empty where all goes.
std::string legal_values(const OptionRow& row);

}  // namespace sockbox::net
