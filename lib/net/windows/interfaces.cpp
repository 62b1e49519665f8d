// Interfaces on Windows, where nothing keeps a process from asking for their names.
#include "net/interfaces.h"

#include <array>

#include "system/platform.h"
#include "text/text.h"

namespace sockbox::net {

std::string interface_name(std::uint32_t index) {
    std::array<char, IF_NAMESIZE + 1> name{};
    const bool known = if_indextoname(index, name.data()) != nullptr;
    return known ? escape(name.data()) : std::string();
}

std::vector<std::string> interface_names() {
    return {};
}

void remember_interfaces() {}

std::vector<Endpoint> local_addresses() {
    return {};
}

}  // namespace sockbox::net
