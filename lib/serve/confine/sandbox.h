// The sandbox of a server: no access to the file system, and few system calls.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sockbox::serve {

// In words, such as "seccomp"; the others include the reason.
struct SandboxReport {
    std::vector<std::string> entered;
    std::vector<std::string> left_out;    // because the system does not have it or refuses it
    std::vector<std::string> not_wanted;  // by the user, or on this platform
};

// Both functions apply what this system supports and add it to `report`. They cannot be undone.
// Open sockets and files remain usable. Without no_new_privs (see drop_privileges()) they require
// root.

// Denies access to the file system, and binding and connecting TCP sockets. Applies to the calling
// thread and to threads and processes it starts later, so call it before starting any.
void deny_file_access(SandboxReport& report);

// Denies all threads of the process the system calls that `engine`, a name from engines(), does not
// need once it is ready to serve. Denied calls fail with EPERM instead of killing the process: a C
// library that tries one and falls back must not cost clients their connections.
void deny_system_calls(std::string_view engine, SandboxReport& report);

}  // namespace sockbox::serve
