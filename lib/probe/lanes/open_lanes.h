// Connecting many lanes before a measurement begins.
#pragma once

#include <span>

#include "net/signals.h"
#include "probe/measure.h"

namespace sockbox::probe {

// Opens them in their order, a bounded number under way at once, so that neither the server's queue
// overflows nor one waits here for others and takes that for its time to connect. Blocks until all
// are open or have failed or `stop` is raised. Where that takes long, because the server lets
// connections wait, it does not block further: all that are left are opened at once, and come to
// their end in the measurement, side by side.
void open_lanes(std::span<Lane* const> lanes, const net::StopSignal& stop);

}  // namespace sockbox::probe
