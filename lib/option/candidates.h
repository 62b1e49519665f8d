// What a shell may offer to complete the name or the value of a socket option.
#pragma once

#include <string_view>

#include "text/candidate.h"

namespace sockbox::net {

// The names of all options that the table has, with their descriptions.
Candidates option_candidates();

// For a word that may become NAME=VALUE: without a '=', the names of the options that can be set on
// this platform, with a '='; otherwise the same name with each value that the option takes: on and
// off, names of numbers, interfaces, units. Empty for an unknown name, and for an option whose
// value may be anything.
Candidates setting_candidates(std::string_view typed);

}  // namespace sockbox::net
