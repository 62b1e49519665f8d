// Reading and setting named options of one socket, as sockopt does it.
#pragma once

#include <functional>

#include "inspect/socket_facts.h"
#include "tools/sockopt/dump.h"
#include "tools/sockopt/outcome.h"
#include "tools/sockopt/request.h"

namespace sockbox::tools {

// Called between reading what was before and setting; an error keeps the option from being set.
using BeforeSet = std::function<net::Status(const net::Option& option,
                                            const std::optional<net::OptionValue>& before)>;

// One request. What the system refused has its error for a value, and changed nothing.
Outcome carry_out(net::Socket& socket, const net::SocketFacts& facts, const Request& request,
                  const WorkOptions& options, const BeforeSet& before_set);

}  // namespace sockbox::tools
