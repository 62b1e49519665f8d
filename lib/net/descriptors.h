// How many descriptors this process may have.
#pragma once

#include <cstddef>
#include <optional>

namespace sockbox::net {

// The limit in force (RLIMIT_NOFILE); none where memory alone bounds them. See
// platform::raise_descriptor_limit().
std::optional<std::size_t> descriptor_limit() noexcept;

}  // namespace sockbox::net
