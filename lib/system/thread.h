// Starting a thread, with failure as a Result.
#pragma once

#include <cstdint>
#include <functional>
#include <new>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "system/hint.h"
#include "system/platform.h"
#include "system/result.h"

namespace sockbox::net {

// The failure of a start, with a hint if no further thread is allowed.
inline Error thread_failure(std::error_code code) {
    const bool no_more = code == std::errc::resource_unavailable_try_again;
    return {code, "start a thread", {}, {}, no_more ? hint(Hint::tasks) : std::string()};
}

// Starts a thread that runs `work`. Fails if the system allows no more threads or has no memory.
template <class Work>
Result<std::thread> start_thread(Work&& work) {
    try {
        return std::thread(std::forward<Work>(work));
    } catch (const std::system_error& error) {
        // As a code of the system's category, which has a symbol.
        const auto condition = static_cast<std::errc>(error.code().value());
        const bool generic = error.code().category() == std::generic_category();
        return fail(thread_failure(generic ? platform::error_of(condition) : error.code()));
    } catch (const std::bad_alloc&) {
        return fail(thread_failure(platform::error_of(std::errc::not_enough_memory)));
    }
}

// Likewise, and appends the thread. Makes room for it first: no thread that runs is lost if memory
// runs out. Throws std::bad_alloc if there is no room.
template <class Work>
Status start_thread_in(std::vector<std::thread>& threads, Work&& work) {
    threads.reserve(threads.size() + 1);
    auto started = start_thread(std::forward<Work>(work));
    if (!started)
        return fail(started.error());
    threads.push_back(std::move(*started));
    return {};
}

// Starts a thread on which no signal handler runs; those of the process run on another thread. For
// a thread that may outlive what a handler uses. Fails like start_thread().
Result<std::thread> start_signal_free_thread(std::function<void()> work);

// Whether signal handlers run on a thread, or are blocked as in start_signal_free_thread().
enum class SignalHandlers : std::uint8_t { run, blocked };

// The part of start_detached_thread() that depends on the system. Throws std::bad_alloc.
Status start_detached(std::function<void()> work, SignalHandlers handlers);

// Starts a thread that nobody joins. It is detached from its beginning: std::thread::detach() may
// use the memory of a thread that ends at the same time (pthread_detach(3) of glibc before 2.37).
// Fails like start_thread().
template <class Work>
Status start_detached_thread(Work&& work, SignalHandlers handlers = SignalHandlers::run) {
    try {
        return start_detached(std::function<void()>(std::forward<Work>(work)), handlers);
    } catch (const std::bad_alloc&) {
        return fail(thread_failure(platform::error_of(std::errc::not_enough_memory)));
    }
}

}  // namespace sockbox::net
