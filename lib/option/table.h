// The table of socket options: every one that sockbox knows, on whichever platform it exists.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "option/row.h"
#include "system/result.h"

namespace sockbox::net {

// All rows, grouped by level.
std::span<const OptionRow> all_options() noexcept;

// The level's symbol, such as "SOL_SOCKET" or "IPPROTO_TCP", and its number on Linux.
std::string_view level_name(OptionLevel level) noexcept;
int linux_level(OptionLevel level) noexcept;

// On this platform: the numbers for getsockopt, or `absent` where it has no such option.
int native_level(OptionLevel level) noexcept;
int native_number(const OptionRow& row) noexcept;
std::span<const ValueName> native_names(const OptionRow& row) noexcept;

// What a user reads: "flag", "integer", "time" …; "read, write"; "TCP, UDP".
std::string_view type_name(ValueType type) noexcept;
std::string_view access_name(Access access) noexcept;
std::string_view platforms(const OptionRow& row) noexcept;

inline bool readable(const OptionRow& row) noexcept {
    return row.access != Access::write_only;
}
inline bool writable(const OptionRow& row) noexcept {
    return row.access == Access::read_write || row.access == Access::write_only;
}
// A number or a time, and so something for *= and +=.
inline bool numeric(const OptionRow& row) noexcept {
    return row.type == ValueType::integer || row.type == ValueType::duration;
}

// Whether a number may be set, in the option's own unit.
constexpr bool in_range(const Range& range, std::int64_t value) noexcept {
    return (value >= range.low && value <= range.high) || value == range.also;
}

// The row of a name in any case, with or without its prefix up to the first '_', under its own name
// or under another that the headers have for it. Fails where there is none, with those of similar
// spelling, and where several fit.
Result<const OptionRow*> find_row(std::string_view name);

// "6:18", "SOL_TCP:18" or "IPPROTO_TCP:18"; none where it has not that form.
struct LevelAndNumber {
    int level;
    int number;
};
std::optional<LevelAndNumber> parse_level_and_number(std::string_view name);

}  // namespace sockbox::net
