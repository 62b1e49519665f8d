// --allow, --deny and --udp-rate: whom a server answers, and how often.
#pragma once

#include "serve/datagrams/datagram_echo.h"
#include "tools/front/cli.h"

namespace sockbox::tools {

// Declares the options, each of which changes `options`.
void declare_access(Cli& cli, serve::DatagramOptions& options);

}  // namespace sockbox::tools
