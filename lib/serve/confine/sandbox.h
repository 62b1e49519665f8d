// What a server gives up before its first client: the file system, and most system calls.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sockbox::serve {

// In words, such as "seccomp"; with the reason where something was left out.
struct SandboxReport {
    std::vector<std::string> entered;
    std::vector<std::string> left_out;
};

// Both add to `report` what this system has of it. There is no way back. Sockets and files that are
// open stay usable. Without no_new_privs (see drop_privileges()) only root can do either.

// Closes the file system, but for removing or emptying the files `removable`, and binding and
// connecting to this thread and those that it and its children start; so it is called while there
// is no other.
void leave_files(const std::vector<std::string>& removable, SandboxReport& report);

// Forbids all threads of the process the system calls that `engine`, one of engines(), has no use
// for once it is ready to serve. They fail with EPERM and do not kill the process: a C library that
// tries one and falls back must not cost the clients their connections.
void forbid_calls(std::string_view engine, SandboxReport& report);

}  // namespace sockbox::serve
