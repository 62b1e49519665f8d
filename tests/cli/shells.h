// What the real shells offer at Tab, and the flags that --help and the manual pages name.
#pragma once

#include <ostream>
#include <set>
#include <string>
#include <string_view>

#include "tests/support.h"

namespace sockbox::test {

using Names = std::set<std::string>;

// A shell with our completions, asked without a terminal of ours.
struct Shell {
    std::string_view name;  // "bash", "fish" or "zsh"

    bool is_here() const;
    // What it offers for the last of `words`, which may be empty.
    Names offers(const Words& words) const;
    friend void PrintTo(const Shell& shell, std::ostream* out) { *out << shell.name; }
};

// "-j", "--json", … of a command's help text.
Names flags_in_help(std::string_view help);

// The same of a manual page's source: what its ".It Fl" lines name.
Names flags_in_manual(std::string_view page);

// A file of the source folder.
std::string read_source(const std::string& path);

}  // namespace sockbox::test
