// Searching the processes of this machine for sockets.
#pragma once

#include <functional>

#include "tools/sockopt/target.h"

namespace sockbox::tools {

// How a search went.
struct Search {
    bool met_any = false;          // whether there was a process to look into
    std::size_t closed_to_us = 0;  // processes that we may not look into
    // Why the one process that was named was not seen, or not to its end.
    std::optional<net::Error> cut_off;
    std::shared_ptr<const net::HostProcess> process;  // the one that was named, if it is there
};

// Hands over the sockets of other processes that may fit, in order, until `use` returns false,
// which ends it for that process: the process, the descriptor and the inode are known, nothing is
// open. Sockets that fit and whose process may not be looked into come last, as facts alone. Memory
// does not grow with the number of sockets that do not fit. Fails when processes cannot be listed.
net::Result<Search> search(const Selection& selection,
                           const std::function<bool(ChosenSocket&&)>& use);

// Opens what search() came upon and asks for its facts. False where it does not fit, or is not
// there any more: then nothing is open. Works from any thread.
net::Result<bool> look_at(ChosenSocket& found, const Selection& selection);

// Whether descriptors or memory ran out: nothing that is looked into then tells anything.
bool is_exhaustion(const net::Error& error);

// The sockets that do not follow when an option of a listener is set.
struct Companions {
    std::size_t accepted = 0;  // connections of its port
    std::size_t sharing = 0;   // other listeners of its port (SO_REUSEPORT)
};
// None where the system does not list them.
Companions companions_of(const ChosenSocket& listener);

}  // namespace sockbox::tools
