// Windows has one resolver and no way to ask its sources apart.
#include "net/name_sources.h"
#include "net/platform.h"

namespace sockbox::net {

Result<std::vector<std::string>> name_sources() {
    return fail({platform::error_of(std::errc::not_supported),
                 "ask one source of names alone",
                 {},
                 {},
                 "Windows has no order of sources to choose from"});
}

Status use_name_source(const std::string& /*source*/) {
    return fail(name_sources().error());
}

void use_all_name_sources() {}

}  // namespace sockbox::net
