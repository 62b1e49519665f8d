// The engines that Linux has beside the portable ones.
#include <array>

#include "serve/engine_epoll_linux.h"
#include "serve/engine_io_uring_linux.h"
#include "serve/engines.h"

namespace sockbox::serve {

std::span<const Engine> system_engines() {
    static constexpr std::array own{
        Engine{"epoll", "event loops, epoll(7)", true, always_available, serve_with_epoll},
        Engine{"io_uring", "completion loops, io_uring(7)", true, io_uring_available,
               serve_with_io_uring},
    };
    return own;
}

}  // namespace sockbox::serve
