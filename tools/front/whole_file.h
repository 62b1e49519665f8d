// Files that are seen whole or not at all.
#pragma once

#include <string>
#include <string_view>

#include "system/result.h"

namespace sockbox::tools {

// Writes it beside under another name and renames it, so that a reader sees all of `content`, or
// what was there before. What is no plain file, such as a device or a pipe, is written as it is.
// `action` names what failed: "write port file".
net::Status write_whole(const std::string& path, std::string_view content, std::string_view action);

// Whether that could be done now, as far as can be told without a change to what is there.
net::Status can_write_whole(const std::string& path, std::string_view action);

}  // namespace sockbox::tools
