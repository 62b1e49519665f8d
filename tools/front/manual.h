// The manual pages and the folder of the commands, as installed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sockbox::tools {

// Shows a command's manual page with the system's pager and returns its exit status; none where
// there is no page or nothing to show it with.
std::optional<int> show_manual(std::string_view command);

// The folder in which the commands lie under their own names.
std::string exec_path();

}  // namespace sockbox::tools
