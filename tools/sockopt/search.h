// What sockopt does on the sockets that a command line names: one, or all that fit.
#pragma once

#include <vector>

#include "inspect/set_and_read.h"
#include "tools/sockopt/settings.h"

namespace sockbox::tools {

// A new socket, an inherited one, or one descriptor of a process. Returns the exit status.
int on_one_socket(const SockoptSettings& settings, const std::vector<net::Request>& requests,
                  Io io);

// Every socket of other processes that fits. Several threads read; what is to be set is set one by
// one. Memory and descriptors do not grow with the number of sockets.
int on_all_that_fit(const SockoptSettings& settings, const std::vector<net::Request>& requests,
                    Io io);

}  // namespace sockbox::tools
