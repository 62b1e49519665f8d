// Runs sockopt in this process; recognizes that it may not look into others.
#pragma once

#include <string>

#include "tests/support.h"

namespace sockbox::test {

inline Ran sockopt(const Words& args) {
    return run(tools::sockopt, args);
}

// Whether the system denies access to the descriptors of other processes.
inline bool forbidden(const Ran& ran) {
    return ran.err.find("EPERM") != std::string::npos ||
           ran.err.find("ENOSYS") != std::string::npos;
}

}  // namespace sockbox::test
