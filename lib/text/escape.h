// Text that came from outside, made safe for a terminal or a log line.
#pragma once

#include <string>
#include <string_view>

namespace sockbox::net {

// `text` with control characters (ESC, DEL and C1 among them) and whatever is not valid UTF-8 as
// \xNN, and a backslash as \\, so that the result is one line and reads back unambiguously.
std::string escape(std::string_view text);

}  // namespace sockbox::net
