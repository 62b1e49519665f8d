// The processors of a process on Windows.
#include "system/processors.h"

#include <algorithm>
#include <thread>

namespace sockbox::net {

unsigned usable_processors() noexcept {
    return std::max(1U, std::thread::hardware_concurrency());
}

std::optional<double> processor_quota(const std::string& /*root*/) {
    return std::nullopt;
}

}  // namespace sockbox::net
