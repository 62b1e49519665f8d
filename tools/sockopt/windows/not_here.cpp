// Passing a socket to a command is not supported on Windows.
#include "tools/sockopt/command.h"

namespace sockbox::tools {

net::Error exec_with_socket(std::vector<std::string> command, net::Socket) {
    return {std::make_error_code(std::errc::not_supported),
            "run",
            command[0],
            "passing a socket to a command: not supported on this platform",
            {}};
}

}  // namespace sockbox::tools
