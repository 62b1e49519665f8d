// Windows bounds handles by memory alone, and has one table of them.
#include "system/descriptors.h"

namespace sockbox::net {

std::optional<std::size_t> descriptor_limit() noexcept {
    return std::nullopt;
}

void separate_descriptors() noexcept {}

}  // namespace sockbox::net
