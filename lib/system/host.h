// Information about this host: account and process names, sysctls, descriptor limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sockbox::net {

// The name of a user or group, such as "root"; the number if it has none, and on Windows. Looks
// each number up only once, which may block if the account database is remote. Thread-safe.
std::string user_name(std::uint32_t id);
std::string group_name(std::uint32_t id);

// The process's name according to the kernel (/proc/PID/comm), at most 15 bytes. The process can
// set it to anything, so escape() it. Empty if there is no such process, and on Windows.
std::string process_name(int pid);

// The value of a sysctl such as "net.core.rmem_max"; nullopt if there is none, and on Windows.
std::optional<std::string> read_sysctl(std::string_view name);

// The current limit on the number of open descriptors (RLIMIT_NOFILE); nullopt if only memory
// limits it, and on Windows. See platform::raise_descriptor_limit().
std::optional<std::size_t> descriptor_limit() noexcept;

// Gives the calling thread its own copy of the descriptor table until it ends: descriptors opened
// or closed later are so only for this thread (unshare(2), CLONE_FILES). Calls on descriptors of a
// shared table are over 10 % slower, because the kernel must count references to the file. No
// effect if the system refuses, and on Windows.
void separate_descriptors() noexcept;

}  // namespace sockbox::net
