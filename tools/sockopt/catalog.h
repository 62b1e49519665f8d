// What sockopt tells of options without a socket: --list and --explain.
#pragma once

#include "tools/front/cli.h"

namespace sockbox::tools {

// The options whose names fit one of `patterns` (all where there is none).
int list_options(const std::vector<std::string>& patterns, bool json, Io io, const Cli& cli);

// All about each of the named options.
int explain_options(const std::vector<std::string>& names, bool json, Io io, const Cli& cli);

}  // namespace sockbox::tools
