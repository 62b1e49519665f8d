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

// These functions apply what this system supports and add it to `report`. They cannot be undone.
// Open sockets and files remain usable. Without no_new_privs (see drop_privileges()) they require
// root.

// Denies access to the file system, and binding and connecting TCP sockets. Applies to the calling
// thread and to threads and processes it starts later, so call it before starting any.
void deny_file_access(SandboxReport& report);

// Serves datagrams without an engine, on the calling thread (echo_datagrams()).
inline constexpr std::string_view datagrams_alone = "datagrams";

// Denies all threads of the process the system calls that `engine`, a name from engines() or
// datagrams_alone, does not need once it is ready to serve. Denied calls fail with EPERM instead of
// killing the process: a C library that tries one and falls back must not cost clients their
// connections.
void deny_system_calls(std::string_view engine, SandboxReport& report);

// For a client that serves metrics while it measures. A name may be looked up by any module of the
// C library (nsswitch.conf(5)), which reads files, loads code and connects to services, so none of
// that is denied. Denies what no lookup needs: to start programs, to write, create or remove any
// file, except `output_files` with all that replacing them takes, to listen on further sockets, to
// look into or signal other processes, and to change the system. Applies to existing threads as
// far as the system calls go, so call it before starting any. The directories of `output_files`
// must not be replaced later.
void confine_client(const std::vector<std::string>& output_files, SandboxReport& report);

}  // namespace sockbox::serve
