// Stubs for what Windows does not have: numeric accounts, sysctls, descriptor limits and descriptor
// tables.
#include "system/host.h"

namespace sockbox::net {

std::string user_name(std::uint32_t id) {
    return std::to_string(id);
}

std::string group_name(std::uint32_t id) {
    return std::to_string(id);
}

std::string process_name(int) {
    return {};
}

std::optional<std::string> read_sysctl(std::string_view) {
    return std::nullopt;
}

std::optional<std::size_t> descriptor_limit() noexcept {
    return std::nullopt;
}

void separate_descriptors() noexcept {}

}  // namespace sockbox::net
