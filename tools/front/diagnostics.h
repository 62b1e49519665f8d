// The text of `sockbox help diagnostics`.
#pragma once

#include <string>

namespace sockbox::tools {

// The table of hints, in lines of at most `columns` characters.
std::string diagnostics(std::size_t columns);

}  // namespace sockbox::tools
