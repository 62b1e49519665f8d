// Windows' accounts have no such numbers.
#include "system/account_name.h"

namespace sockbox::net {

std::string user_name(std::uint32_t id) {
    return std::to_string(id);
}

std::string group_name(std::uint32_t id) {
    return std::to_string(id);
}

}  // namespace sockbox::net
