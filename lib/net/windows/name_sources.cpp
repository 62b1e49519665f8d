// Windows has one resolver and no way to ask its sources apart.
#include "net/name_sources.h"

namespace sockbox::net {

Result<std::vector<std::string>> name_sources() {
    return fail({std::make_error_code(std::errc::not_supported),
                 {},
                 {},
                 "one source of names alone: not on this platform",
                 "Windows has no order of sources to choose from"});
}

Status use_name_source(const std::string& /*source*/) {
    return fail(name_sources().error());
}

void use_all_name_sources() {}

std::vector<std::string> search_domains() {
    return {};
}

}  // namespace sockbox::net
