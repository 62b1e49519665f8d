// Connecting many lanes without overwhelming the server.
#pragma once

#include <span>

#include "net/signals.h"
#include "probe/lane.h"

namespace sockbox::probe {

// Opens the lanes in order, at most 64 at a time, so that the server's backlog does not overflow
// and no lane waits here for the others and counts that as its connect time. Blocks until all are
// open or have failed, or `stop` is raised. If there is no progress for 1 s, or after 30 s, because
// the server leaves connections waiting, it opens all remaining lanes at once and returns; they
// finish connecting, in parallel, during the measurement.
void open_lanes(std::span<Lane* const> lanes, const net::StopSignal& stop);

}  // namespace sockbox::probe
