// Names of the system's users and groups.
#pragma once

#include <cstdint>
#include <string>

namespace sockbox::net {

// "root"; the number where it has no name. Asks the system's account database, once a number.
std::string user_name(std::uint32_t id);
std::string group_name(std::uint32_t id);

}  // namespace sockbox::net
