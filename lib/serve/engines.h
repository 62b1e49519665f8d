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
    // Serves until the service's drain is raised and all is finished, or its abort is; blocks.
    // Fails where the system leaves it no way to go on.
    net::Status (*serve)(Service& service, Listeners listeners);
};

// Those of this system, the best one last.
std::span<const Engine> engines();

// The engine of that name, or null.
const Engine* find_engine(std::string_view name);

// Whether sockbox has an engine of that name on this system or another.
bool is_engine_name(std::string_view name);

// The best engine that this machine allows. `refusals` receives why better ones are not.
const Engine& best_engine(std::vector<net::Error>& refusals);

// The rows that this system has beside those that every system has.
std::span<const Engine> system_engines();

net::Status always_available();

net::Status serve_iteratively(Service& service, Listeners listeners);
net::Status serve_with_threads(Service& service, Listeners listeners);
net::Status serve_with_pool(Service& service, Listeners listeners);
net::Status serve_with_poll(Service& service, Listeners listeners);

}  // namespace sockbox::serve
