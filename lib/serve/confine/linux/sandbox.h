// The two parts of the sandbox on Linux: landlock(7) and seccomp(2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "system/result.h"

namespace sockbox::serve {

// Applies as much of landlock(7) as this kernel supports. Fails if it does not support it at all.
net::Status enter_landlock();

// The seccomp filter of `engine`: only the system calls that it makes. Applies to all threads of
// the process.
net::Status enter_seccomp(std::string_view engine);

// The two parts of confine_client().
net::Status enter_client_landlock(const std::vector<std::string>& output_files);
net::Status enter_client_seccomp();

}  // namespace sockbox::serve
