// Reading sockets again and again, and showing what changes.
#pragma once

#include <vector>

#include "inspect/set_and_read.h"
#include "tools/sockopt/settings.h"

namespace sockbox::tools {

// Fails if an option or an operand does not go together with --watch.
net::Status check_watch(const SockoptSettings& settings, const std::vector<net::Request>& requests);

// Reads the selected sockets, prints them, and reads them again at every interval, until it is
// interrupted, until nobody reads its output, or until the process or descriptor that was selected
// is gone. Returns the exit status. Memory grows with the number of sockets, not with time.
int watch_sockets(const SockoptSettings& settings, const std::vector<net::Request>& requests,
                  Io io);

}  // namespace sockbox::tools
