// Starting a thread, whose failure is a value.
#pragma once

#include <new>
#include <system_error>
#include <thread>
#include <utility>

#include "net/platform.h"
#include "net/result.h"

namespace sockbox::net {

// Fails where the system has no room for a thread, or no memory.
template <class Work>
Result<std::thread> start_thread(Work&& work) {
    try {
        return std::thread(std::forward<Work>(work));
    } catch (const std::system_error& error) {
        return fail({error.code(), "start a thread", {}, {}, {}});
    } catch (const std::bad_alloc&) {
        return fail(
            {platform::error_of(std::errc::not_enough_memory), "start a thread", {}, {}, {}});
    }
}

}  // namespace sockbox::net
