// Windows bounds handles by memory alone.
#include "net/descriptors.h"

namespace sockbox::net {

std::optional<std::size_t> descriptor_limit() noexcept {
    return std::nullopt;
}

}  // namespace sockbox::net
