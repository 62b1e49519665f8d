// The version of sockbox.
#pragma once

#include <string_view>

namespace sockbox::report {

inline constexpr std::string_view version = SOCKBOX_VERSION;

}  // namespace sockbox::report
