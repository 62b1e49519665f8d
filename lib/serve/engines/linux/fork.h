// Entry point of the fork engine.
#pragma once

#include "serve/engines/engines.h"

namespace sockbox::serve {

// The counters of `service` must lie in shared memory (net::Shared).
//
// After fork(2) in a process with other threads, a child may call only async-signal-safe functions;
// these children go on as the forking thread did. That is safe because a child takes no lock that
// another thread could have held during the fork: the C library leaves malloc usable in the child,
// reports go to the parent through a pipe, and the lock of Admission is only ever taken by the
// forking thread. A child starts no threads, and exits without running the parent's exit handlers.
net::Status serve_with_processes(Service& service, Listeners&& listeners);

}  // namespace sockbox::serve
