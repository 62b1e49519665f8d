// What became of a server's datagrams, as members of a JSON object.
#pragma once

#include "report/json.h"
#include "serve/datagrams/datagram_echo.h"

namespace sockbox::tools {

// `into` with a member for each counter.
report::Json set_counts(report::Json into, const serve::DatagramCounters& counters);

}  // namespace sockbox::tools
