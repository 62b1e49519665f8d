// The seccomp filter of a server: only the system calls of its engine.
#pragma once

#include <string_view>

#include "system/result.h"

namespace sockbox::serve {

// Applies to all threads of the process.
net::Status enter_seccomp(std::string_view engine);

}  // namespace sockbox::serve
