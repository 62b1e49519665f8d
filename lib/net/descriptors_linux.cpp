// RLIMIT_NOFILE.
#include "net/descriptors.h"

#include <sys/resource.h>

namespace sockbox::net {

std::optional<std::size_t> descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return std::nullopt;
    return limit.rlim_cur;
}

}  // namespace sockbox::net
