// Reading and setting options of one socket, as sockopt does it.
#pragma once

#include <vector>

#include "tools/sockopt_report.h"
#include "tools/sockopt_request.h"

namespace sockbox::tools {

// What is done with an option on the way.
struct WorkOptions {
    bool all = false;      // a dump keeps what cannot be read, with the reason
    bool force = false;    // buffers beyond their limits
    bool diff = false;     // a dump keeps only what is not a new socket's default
    bool story = false;    // tells more about buffers
    bool compare = false;  // a dump looks at the defaults, for Outcome::is_default
};

// Every option that the socket has, in the order of the table. What clears on read is not read.
std::vector<Outcome> dump(const net::Socket& socket, const net::SocketKind& kind,
                          const WorkOptions& options);

// One request. What the system refused has its error for a value, and changed nothing.
Outcome carry_out(net::Socket& socket, const net::SocketKind& kind, const Request& request,
                  const WorkOptions& options);

}  // namespace sockbox::tools
