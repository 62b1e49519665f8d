// Turns std::bad_alloc into an ordinary error.
#pragma once

#include <new>
#include <string>

#include "system/platform.h"
#include "system/result.h"

namespace sockbox::serve {

// The error. Creating it allocates nothing as long as `action` fits the small-string buffer.
inline net::Error out_of_memory(std::string action) {
    return {net::platform::error_of(std::errc::not_enough_memory), std::move(action), {}, {}, {}};
}

// Returns what `act` returns (a net::Result), or the error if it throws std::bad_alloc.
template <class Act>
auto unless_out_of_memory(const char* action, const Act& act) -> decltype(act()) {
    try {
        return act();
    } catch (const std::bad_alloc&) {
        return net::fail(out_of_memory(action));
    }
}

}  // namespace sockbox::serve
