// Locates the installed manual pages and commands.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sockbox::tools {

// Shows a command's manual page with man(1), waits for it and returns its exit status. Returns
// nothing if there is no such page, or if man(1) is missing or was killed. Never shows a page on
// Windows.
std::optional<int> show_manual(std::string_view command);

// The directory that contains the commands as separate programs, each under its own name.
std::string exec_path();

}  // namespace sockbox::tools
