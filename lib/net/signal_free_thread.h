// Threads that handle no signals.
#pragma once

#include <functional>
#include <thread>

#include "system/result.h"

namespace sockbox::net {

// Starts a thread on which no signal handler runs; those of the process run on another thread. For
// a thread that may outlive what a handler uses, such as a StopSignal. Fails like start_thread().
Result<std::thread> start_signal_free_thread(std::function<void()> work);

}  // namespace sockbox::net
