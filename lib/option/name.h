// How a user may name a socket option.
#pragma once

#include <optional>
#include <string_view>

#include "option/row.h"
#include "system/result.h"

namespace sockbox::net {

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
