// What is known of each way apart, as text and as JSON.
#pragma once

#include <string>

#include "report/json.h"
#include "stats/directions.h"

namespace sockbox::report {

// Lines, each with its end.
std::string to_text(const stats::Directions& directions);

// The members "forward", "backward", "processing", "clock_error_ns", "clocks_synchronized" and
// "dscp_there" of the result object.
void add_directions(const stats::Directions& directions, Json& json);

}  // namespace sockbox::report
