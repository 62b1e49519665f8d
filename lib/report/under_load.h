// Latency under load: the same measurement on an idle path, beside bulk flows, and afterwards.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "report/measurement.h"

namespace sockbox::report {

// What belongs to a measurement that was made under load.
struct UnderLoad {
    std::size_t flows = 0;
    std::size_t broken = 0;  // flows that ended early
    std::string reason{};    // why the first of them did
    double bytes_per_s = 0;  // that came back through all flows, and so went each way
    MeasurementReport idle;  // before
    std::optional<MeasurementReport> idle_after{};  // nullopt: interrupted before its end
};

// By how much the times grew. A field is empty if it is so in one of the two measurements.
struct AddedDelay {
    stats::Summary round_trip;
    // Of each direction, if the peer timestamps. An offset between the clocks cancels out; the
    // percentiles are empty if there seems to be one, because it is part of their rounding.
    std::optional<stats::Summary> forward{};
    std::optional<stats::Summary> backward{};
};
AddedDelay added_delay(const UnderLoad& load, const MeasurementReport& loaded);

// How many round trips, one after the other, fit into a minute: "responsiveness" of
// draft-ietf-ippm-responsiveness. nullopt without replies.
std::optional<double> round_trips_per_minute(const MeasurementReport& loaded);

// A table with a line for each measurement and one for the difference, then the load. `loaded` is
// the measurement that `load` belongs to.
std::string to_text(const UnderLoad& load, const MeasurementReport& loaded);

// Sets "idle", "loaded", "idle_after", "added", "round_trips_per_minute", "load_bytes_per_s",
// "load_flows" and "load_broken" of a result object.
void add_under_load(const UnderLoad& load, const MeasurementReport& loaded, Json& json);

}  // namespace sockbox::report
