// Passing a socket to a command, as systemd does.
#pragma once

#include <string>
#include <vector>

#include "net/socket.h"
#include "system/result.h"

namespace sockbox::tools {

// Replaces this process with the command, passing the socket as descriptor 3 with LISTEN_FDS and
// LISTEN_PID set (sd_listen_fds(3)). Returns only on failure; always fails on Windows.
net::Error exec_with_socket(std::vector<std::string> command, net::Socket socket);

}  // namespace sockbox::tools
