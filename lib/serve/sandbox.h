// What a server gives up before its first client: the file system, and most system calls.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sockbox::serve {

struct SandboxPlan {
    std::string_view engine;             // one of engines(): whose system calls it needs
    std::vector<std::string> removable;  // files that are removed at the end
};

// In words, such as "seccomp"; with the reason where something was left out.
struct SandboxReport {
    std::vector<std::string> entered;
    std::vector<std::string> left_out;
};

// Enters what this system has of it and adds that to `report`, for this thread and those that it
// and its children start; so it is called while there is no other. There is no way back. Sockets
// and files that are open stay usable. Without no_new_privs (see drop_privileges()) only root can
// enter it.
//
// A system call that no engine needs fails with EPERM and does not kill the process: a C library
// that tries one and falls back must not cost the clients their connections.
void enter_sandbox(const SandboxPlan& plan, SandboxReport& report);

}  // namespace sockbox::serve
