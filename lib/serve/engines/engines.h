// The engines: the classic ways to serve many clients, each one row here and one file.
//
// The seam is "serve these listeners until stopped": an engine that is told of completions and one
// that is told of readiness have little else in common.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "serve/listeners.h"
#include "serve/service.h"

namespace sockbox::serve {

struct Engine {
    std::string_view name;
    std::string_view summary;
    bool has_workers;  // whether ServeOptions::workers means anything to it
    // Whether this machine allows it; the error says what is in the way.
    net::Status (*available)();
    // As serve(), but that it may throw std::bad_alloc before its first client.
    net::Status (*run)(Service& service, Listeners&& listeners);
    // The engine that serves in its place where connections are to have faults. Empty: it makes
    // them itself.
    std::string_view for_faults{};

    // Serves until the service's drain is raised and all is finished, or its abort is; blocks.
    // Fails where the system leaves it no way to go on, or to begin: until it tells the observer
    // that it is ready, it leaves the listeners as they are, for another engine to take.
    net::Status serve(Service& service, Listeners&& listeners) const;
};

// Those of this system, the best one last.
std::span<const Engine> engines();

// The engine of that name, or null.
const Engine* find_engine(std::string_view name);

// The engine that serves where that one is asked for: itself, or one that makes the faults.
const Engine& engine_with(const Engine& asked, const Faults* faults);

// Whether sockbox has an engine of that name on this system or another.
bool is_engine_name(std::string_view name);

// The best engine that this machine allows. `refusals` receives why better ones are not.
const Engine& best_engine(std::vector<net::Error>& refusals);

// The rows that this system has beside those that every system has.
std::span<const Engine> system_engines();

net::Status always_available();

net::Status serve_iteratively(Service& service, Listeners&& listeners);
net::Status serve_with_threads(Service& service, Listeners&& listeners);
net::Status serve_with_pool(Service& service, Listeners&& listeners);
net::Status serve_with_poll(Service& service, Listeners&& listeners);

}  // namespace sockbox::serve
