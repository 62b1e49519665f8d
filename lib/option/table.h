// The table of all socket options that sockbox knows, of every platform.
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

// The numbers and names on this platform, for getsockopt(2); `absent` if it has no such option.
int native_level(OptionLevel level) noexcept;
int native_number(const OptionRow& row) noexcept;
std::span<const ValueName> native_names(const OptionRow& row) noexcept;

// Display names: "flag", "integer", "time" …; "read, write", "read-only" …; "Linux, Windows".
std::string_view type_name(ValueType type) noexcept;
std::string_view access_name(Access access) noexcept;
std::string_view platforms(const OptionRow& row) noexcept;

// Whether the option can be read, or set.
inline bool readable(const OptionRow& row) noexcept {
    return row.access != Access::write_only && row.access != Access::none;
}
inline bool writable(const OptionRow& row) noexcept {
    return row.access == Access::read_write || row.access == Access::write_only;
}
// Whether the value is a membership of a multicast group.
inline bool is_membership(const OptionRow& row) noexcept {
    return row.type == ValueType::membership4 || row.type == ValueType::membership6 ||
           row.type == ValueType::source_membership4 || row.type == ValueType::group ||
           row.type == ValueType::group_source;
}
// Whether the value is a number or a time, to which *= and += can be applied.
inline bool numeric(const OptionRow& row) noexcept {
    return row.type == ValueType::integer || row.type == ValueType::duration;
}

// Whether a number, in the option's own unit, is legal.
constexpr bool in_range(const Range& range, std::int64_t value) noexcept {
    return (value >= range.low && value <= range.high) || value == range.also;
}

// Finds an option by name or alias, in upper or lower case; the prefix up to the first '_' may be
// left out of a name, but not of an alias ("SO_RCVBUF", "rcvbuf", "TCP_KEEPALIVE" for
// TCP_KEEPIDLE); options of other platforms, and of levels above SOL_RAW in OptionLevel, then yield
// to others of the same name ("nodelay" is TCP_NODELAY, not SCTP_NODELAY). Fails if there is none,
// suggesting similar names, and if the name is ambiguous without its prefix.
Result<const OptionRow*> find_row(std::string_view name);

// Parses "6:18", "SOL_TCP:18" or "IPPROTO_TCP:18"; nullopt if the text does not have this form.
struct LevelAndNumber {
    int level;   // on this platform
    int number;  // on this platform
};
std::optional<LevelAndNumber> parse_level_and_number(std::string_view name);

// The row with these numbers on this platform; null if there is none.
const OptionRow* row_numbered(const LevelAndNumber& numbers) noexcept;

}  // namespace sockbox::net
