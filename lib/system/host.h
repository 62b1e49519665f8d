// What this host knows and allows: names of accounts, system-wide settings, descriptors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sockbox::net {

// "root"; the number where it has no name. Asks the system's account database, once a number.
std::string user_name(std::uint32_t id);
std::string group_name(std::uint32_t id);

// The process's name as the kernel knows it, at most 15 bytes; whatever the process likes, so
// escape it. Empty where there is no such process.
std::string process_name(int pid);

// The value of "net.core.rmem_max" and the like; none where this system has no such setting.
std::optional<std::string> read_sysctl(std::string_view name);

// The limit in force (RLIMIT_NOFILE); none where memory alone bounds them. See
// platform::raise_descriptor_limit().
std::optional<std::size_t> descriptor_limit() noexcept;

// Gives the calling thread a copy of the table of descriptors for itself, until it ends: what is
// opened or closed later is so for it alone. A call on a descriptor of a shared table costs the
// kernel a good tenth more. Without effect where the system cannot do it.
void separate_descriptors() noexcept;

}  // namespace sockbox::net
