// What is known of each way apart, as text and as JSON.
#pragma once

#include <string>

#include "report/json.h"
#include "stats/directions.h"

namespace sockbox::report {

// Lines, each with its end; none where no reply told anything.
std::string to_text(const stats::Directions& directions);

// In short, to follow what else a line says: ", forward 1 lost, mean delay 0.050 ms, backward …".
std::string to_interim_text(const stats::Directions& directions);

// The members "forward", "backward", "processing", "clock_error_ns", "clocks_synchronized" and
// "dscp_there" of the result object.
void add_directions(const stats::Directions& directions, Json& json);

}  // namespace sockbox::report
