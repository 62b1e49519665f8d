// Carries out requests on the sockets that the command line selects: one, or all that match.
#pragma once

#include <vector>

#include "inspect/set_and_read.h"
#include "tools/sockopt/settings.h"

namespace sockbox::tools {

// Carries out the requests on a new socket, an inherited one, or one descriptor of a process, and
// then runs the COMMAND, if any. Returns the exit status. May block for name resolution and for up
// to 10 s to connect to each address.
int on_one_socket(const SockoptSettings& settings, const std::vector<net::Request>& requests,
                  Io io);

// Reports that the selected socket is unavailable, in JSON also as a result. Returns the exit
// status.
int report_unavailable(const SockoptSettings& settings, Io io, const net::Error& error);

// Carries out the requests on every matching socket of other processes. Returns the exit status.
// Requests that only read run on several threads; others run one after another on the calling
// thread. The use of memory and descriptors does not grow with the number of sockets.
int on_matching_sockets(const SockoptSettings& settings, const std::vector<net::Request>& requests,
                        Io io);

}  // namespace sockbox::tools
