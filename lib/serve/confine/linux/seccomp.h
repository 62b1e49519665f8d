// The seccomp filter of a server: the system calls of its engine, and no other.
#pragma once

#include <string_view>

#include "system/result.h"

namespace sockbox::serve {

// For all threads of the process.
net::Status enter_seccomp(std::string_view engine);

}  // namespace sockbox::serve
