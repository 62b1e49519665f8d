// Completions that real shells offer, and the flags that --help and the manual pages name.
#pragma once

#include <map>
#include <ostream>
#include <set>
#include <string>
#include <string_view>

#include "tests/support.h"

namespace sockbox::test {

using Names = std::set<std::string>;
using Descriptions = std::map<std::string, std::string>;

Names names_of(const Descriptions& descriptions);

// A shell with our completions, queried without a terminal.
struct Shell {
    std::string_view name;  // "bash", "fish" or "zsh"

    bool is_here() const;
    // The completions of the last of `words`, which may be empty, with their descriptions; Bash
    // shows none.
    Descriptions describes(const Words& words) const;
    Names offers(const Words& words) const { return names_of(describes(words)); }
    friend void PrintTo(const Shell& shell, std::ostream* out) { *out << shell.name; }
};

// "-j", "--json", ... in the help text of a command, and what it says about each.
Descriptions options_in_help(std::string_view help);
Names flags_in_help(std::string_view help);

// Likewise in the source of a manual page: the flags on its ".It Fl" lines.
Names flags_in_manual(std::string_view page);

// A file of the source tree.
std::string read_source(const std::string& path);

}  // namespace sockbox::test
