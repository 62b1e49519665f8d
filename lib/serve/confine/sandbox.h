// The sandbox of a server: no access to the file system, and few system calls.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sockbox::serve {

// In words, such as "seccomp"; entries of left_out include the reason.
struct SandboxReport {
    std::vector<std::string> entered;
    std::vector<std::string> left_out;
};

// Both functions apply what this system supports and add it to `report`. They cannot be undone.
// Open sockets and files remain usable. Without no_new_privs (see drop_privileges()) they require
// root.

// Denies access to the file system, except removing or truncating the files in `removable`, and
// binding and connecting TCP sockets. Applies to the calling thread and to threads and processes it
// starts later, so call it before starting any.
void deny_file_access(const std::vector<std::string>& removable, SandboxReport& report);

// Denies all threads of the process the system calls that `engine`, a name from engines(), does not
// need once it is ready to serve. Denied calls fail with EPERM instead of killing the process: a C
// library that tries one and falls back must not cost clients their connections.
void deny_system_calls(std::string_view engine, SandboxReport& report);

}  // namespace sockbox::serve
