// Windows has no settings of this kind.
#include "system/sysctl.h"

namespace sockbox::net {

std::optional<std::string> read_sysctl(std::string_view) {
    return std::nullopt;
}

}  // namespace sockbox::net
