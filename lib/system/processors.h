// How many processors this process may use.
#pragma once

#include <optional>
#include <string>

namespace sockbox::net {

// The number of processors that the calling thread may run on (sched_getaffinity(2)), or fewer if
// the process's cgroup may use less time: its quota (cpu.max, or cpu.cfs_quota_us of version 1),
// rounded up. At least 1.
unsigned usable_processors() noexcept;

// The quota of this process's cgroup and of those above it, in processors: 0.5 is half of the time
// of one. Nullopt if there is none. `root` is prefixed to the paths of /proc and /sys, for tests.
// Always nullopt on Windows.
std::optional<double> processor_quota(const std::string& root = {});

}  // namespace sockbox::net
