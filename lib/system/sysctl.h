// The system-wide settings that bound socket options.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sockbox::net {

// The value of "net.core.rmem_max" and the like; none where this system has no such setting.
std::optional<std::string> read_sysctl(std::string_view name);

}  // namespace sockbox::net
