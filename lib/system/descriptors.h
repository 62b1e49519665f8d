// The descriptors of this process: how many it may have, and whose they are.
#pragma once

#include <cstddef>
#include <optional>

namespace sockbox::net {

// The limit in force (RLIMIT_NOFILE); none where memory alone bounds them. See
// platform::raise_descriptor_limit().
std::optional<std::size_t> descriptor_limit() noexcept;

// Gives the calling thread a copy of the table of descriptors for itself, until it ends: what is
// opened or closed later is so for it alone. A call on a descriptor of a shared table costs the
// kernel a good tenth more. Without effect where the system cannot do it.
void separate_descriptors() noexcept;

}  // namespace sockbox::net
