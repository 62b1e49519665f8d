// Completions that real shells offer, and the flags that --help and the manual pages name.
#pragma once

#include <ostream>
#include <set>
#include <string>
#include <string_view>

#include "tests/support.h"

namespace sockbox::test {

using Names = std::set<std::string>;

// A shell with our completions, queried without a terminal.
struct Shell {
    std::string_view name;  // "bash", "fish" or "zsh"

    bool is_here() const;
    // The completions of the last of `words`, which may be empty.
    Names offers(const Words& words) const;
    friend void PrintTo(const Shell& shell, std::ostream* out) { *out << shell.name; }
};

// "-j", "--json", ... in the help text of a command.
Names flags_in_help(std::string_view help);

// Likewise in the source of a manual page: the flags on its ".It Fl" lines.
Names flags_in_manual(std::string_view page);

// A file of the source tree.
std::string read_source(const std::string& path);

}  // namespace sockbox::test
