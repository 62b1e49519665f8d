// The engines: the classic ways to serve many clients, one row and one file each.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "serve/listeners.h"
#include "serve/service.h"

namespace sockbox::serve {

// The interface is "serve these listeners until stopped", because engines based on readiness and on
// completions have little else in common.
struct Engine {
    std::string_view name;
    std::string_view summary;
    bool has_workers;  // whether it uses ServeOptions::workers
    // Whether it works on this machine; the error names the obstacle.
    net::Status (*available)();
    // Like serve(), but may throw std::bad_alloc before the first client.
    net::Status (*run)(Service& service, Listeners&& listeners);
    // The engine that replaces this one if connections are to have faults. Empty: this one supports
    // them.
    std::string_view for_faults{};

    // Serves until the drain is raised and every connection has ended, or the abort is raised;
    // blocks. Fails if the system does not allow it to start or to continue. Until
    // Observer::ready() it leaves the listeners untouched, so that another engine can take them.
    net::Status serve(Service& service, Listeners&& listeners) const;
};

// The engines of this system, the best one last.
std::span<const Engine> engines();

// The engine with this name, or null.
const Engine* find_engine(std::string_view name);

// The engine that serves if `asked` is requested: `asked` itself, or the one that supports faults.
const Engine& engine_with(const Engine& asked, const Faults* faults);

// Whether an engine with this name exists on any system.
bool is_engine_name(std::string_view name);

// The best engine available on this machine. Errors of better ones are appended to `refusals`.
const Engine& best_engine(std::vector<net::Error>& refusals);

// The engines that only this system has.
std::span<const Engine> system_engines();

net::Status always_available();

net::Status serve_iteratively(Service& service, Listeners&& listeners);
net::Status serve_with_threads(Service& service, Listeners&& listeners);
net::Status serve_with_pool(Service& service, Listeners&& listeners);
net::Status serve_with_poll(Service& service, Listeners&& listeners);

// Linux only. The counters of `service` must be in shared memory (net::Shared).
//
// After fork(2) in a process with other threads, a child may call only async-signal-safe functions;
// these children continue as the forking thread. That is safe because a child takes no lock that
// another thread could have held during the fork: the C library leaves malloc usable in the child,
// reports go to the parent through a pipe, and the lock of Admission is only ever taken by the
// forking thread. A child starts no threads, and exits without running the parent's exit handlers.
net::Status serve_with_processes(Service& service, Listeners&& listeners);

// Linux only.
net::Status serve_with_epoll(Service& service, Listeners&& listeners);
net::Status io_uring_available();
net::Status serve_with_io_uring(Service& service, Listeners&& listeners);

// Windows only.
net::Status serve_with_iocp(Service& service, Listeners&& listeners);

}  // namespace sockbox::serve
