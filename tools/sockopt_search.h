// Searching the processes of this machine for sockets.
#pragma once

#include <functional>

#include "tools/sockopt_target.h"

namespace sockbox::tools {

// How a search went.
struct Search {
    std::size_t found = 0;
    std::size_t closed_to_us = 0;       // processes that we may not look into
    std::optional<net::Error> cut_off;  // why it ended early: the process went away
};

// Hands each fitting socket of other processes to `use`, one at a time: none stays open for longer
// than that, and memory does not grow with the number of sockets that do not fit. Sockets that fit
// and whose process may not be looked into come last, as facts alone. Fails when the one process
// that was named cannot be looked into.
net::Result<Search> search(const Selection& selection,
                           const std::function<void(ChosenSocket&)>& use);

// The sockets that do not follow when an option of a listener is set.
struct Companions {
    std::size_t accepted = 0;  // connections of its port
    std::size_t sharing = 0;   // other listeners of its port (SO_REUSEPORT)
};
// None where the system does not list them.
Companions companions_of(const ChosenSocket& listener);

}  // namespace sockbox::tools
