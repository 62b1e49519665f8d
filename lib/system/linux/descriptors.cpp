// RLIMIT_NOFILE, and unshare(CLONE_FILES).
#include "system/descriptors.h"

#include <sched.h>
#include <sys/resource.h>

namespace sockbox::net {

std::optional<std::size_t> descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return std::nullopt;
    return limit.rlim_cur;
}

void separate_descriptors() noexcept {
#ifndef __SANITIZE_THREAD__  // which takes equal numbers of two tables for one descriptor
    ::unshare(CLONE_FILES);
#endif
}

}  // namespace sockbox::net
