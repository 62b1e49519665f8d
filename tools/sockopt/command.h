// Handing a socket over to a command, as systemd does.
#pragma once

#include <string>
#include <vector>

#include "net/socket.h"
#include "system/result.h"

namespace sockbox::tools {

// Becomes the command: the socket is its descriptor 3 and LISTEN_FDS says so (sd_listen_fds(3)).
// Returns only when that failed.
net::Error become(std::vector<std::string> command, net::Socket socket);

}  // namespace sockbox::tools
