// The counters of the UDP echo as JSON.
#include "tools/server/datagram_counts.h"

namespace sockbox::tools {

report::Json set_counts(report::Json into, const serve::DatagramCounters& counters) {
    into.set("received", counters.received.value())
        .set("received_bytes", counters.received_bytes.value())
        .set("answered", counters.answered.value())
        .set("dropped_port", counters.dropped_port.value())
        .set("dropped_source", counters.dropped_source.value())
        .set("dropped_destination", counters.dropped_destination.value())
        .set("dropped_truncated", counters.dropped_truncated.value())
        .set("dropped_denied", counters.dropped_denied.value())
        .set("dropped_rate", counters.dropped_rate.value())
        .set("dropped_form", counters.dropped_form.value())
        .set("dropped_fault", counters.dropped_fault.value())
        .set("unsent", counters.unsent.value())
        .set("overflowed", counters.overflowed.value());
    return into;
}

}  // namespace sockbox::tools
