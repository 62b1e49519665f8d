// Listing and explaining options without a socket: --list and --explain.
#pragma once

#include "tools/front/cli.h"

namespace sockbox::tools {

// Prints the options whose names match one of `patterns`, or all options if there are no patterns.
// Returns the exit status; exit_usage if nothing matches.
int list_options(const std::vector<std::string>& patterns, bool json, Io io, const Cli& cli);

// Prints everything known about each of the named options. Returns the exit status; exit_usage,
// with nothing else printed, if a name is unknown.
int explain_options(const std::vector<std::string>& names, bool json, Io io, const Cli& cli);

}  // namespace sockbox::tools
