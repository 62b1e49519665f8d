// The fork engine's entry in the table.
#pragma once

#include "serve/engines/engines.h"

namespace sockbox::serve {

// The counters of `service` have to lie in shared memory (net::Shared).
//
// A child works on as the thread that forked did, though only async-signal-safe calls are promised
// to the child of a process with other threads (fork(2)). It holds because a child takes no lock
// that another thread could have held at that moment: the C library gives it a usable malloc, it
// logs through a pipe to its parent, and the admission's lock is only ever taken by the thread that
// forks. It starts no thread, and ends without running what is registered for the parent's end.
net::Status serve_with_processes(Service& service, Listeners&& listeners);

}  // namespace sockbox::serve
