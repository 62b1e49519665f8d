// sockopt in this process, and whether it may look into others.
#pragma once

#include <string>

#include "tests/support.h"

namespace sockbox::test {

inline Ran sockopt(const Words& args) {
    return run(tools::sockopt, args);
}

// Another process's descriptors cannot be had here at all.
inline bool forbidden(const Ran& ran) {
    return ran.err.find("EPERM") != std::string::npos ||
           ran.err.find("ENOSYS") != std::string::npos;
}

}  // namespace sockbox::test
