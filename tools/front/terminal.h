// The terminal that output goes to.
#pragma once

#include <cstddef>

#include "tools/front/io.h"

namespace sockbox::tools {

// How wide the output's terminal is; 80 where it is none.
std::size_t terminal_columns(const Output& output);

}  // namespace sockbox::tools
