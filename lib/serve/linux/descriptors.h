// Closing the descriptors that a forked child does not need.
#pragma once

#include <span>

namespace sockbox::serve {

// Closes all descriptors but the standard streams and those in `kept`, of which there are at most
// eight. Allocates nothing.
void close_all_but(std::span<const int> kept) noexcept;

// Closes all sockets but this one.
void close_sockets_but(int kept) noexcept;

}  // namespace sockbox::serve
