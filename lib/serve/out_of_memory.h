// Memory that lacks as a failure like any other.
#pragma once

#include <new>
#include <string>

#include "system/platform.h"
#include "system/result.h"

namespace sockbox::serve {

// The error, which itself needs no memory while `action` is as short as those of the server.
inline net::Error out_of_memory(std::string action) {
    return {net::platform::error_of(std::errc::not_enough_memory), std::move(action), {}, {}, {}};
}

// What `act` returns, a net::Result; fails where its memory lacks.
template <class Act>
auto unless_out_of_memory(const char* action, const Act& act) -> decltype(act()) {
    try {
        return act();
    } catch (const std::bad_alloc&) {
        return net::fail(out_of_memory(action));
    }
}

}  // namespace sockbox::serve
