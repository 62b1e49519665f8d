// Comparing images.
#include "net/socket_images.h"

#include <cstring>

namespace sockbox::net {

bool same_in(const OptionPlace& place, SocketImage a, SocketImage b) noexcept {
    for (const MemoryPart& part : place)
        if (part.mask != 0xff) {
            if (((a[part.offset] ^ b[part.offset]) & std::byte{part.mask}) != std::byte{0})
                return false;
        } else if (std::memcmp(&a[part.offset], &b[part.offset], part.size) != 0) {
            return false;
        }
    return true;
}

}  // namespace sockbox::net
