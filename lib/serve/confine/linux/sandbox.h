// The two parts of the sandbox on Linux: landlock(7) and seccomp(2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "system/result.h"

namespace sockbox::serve {

// Applies as much of landlock(7) as this kernel supports. The files in `removable`, and any others
// in their directories, can still be removed. Fails if the kernel does not support it at all.
net::Status enter_landlock(const std::vector<std::string>& removable);

// The seccomp filter of `engine`: only the system calls that it makes. Applies to all threads of
// the process.
net::Status enter_seccomp(std::string_view engine);

}  // namespace sockbox::serve
