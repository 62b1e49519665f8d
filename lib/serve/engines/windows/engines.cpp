// The engine that only Windows has.
#include "serve/engines/engines.h"

#include <array>

namespace sockbox::serve {

std::span<const Engine> system_engines() {
    static constexpr std::array own{
        Engine{"iocp", "event loops at completion ports", true, always_available, serve_with_iocp,
               "poll"},
    };
    return own;
}

}  // namespace sockbox::serve
