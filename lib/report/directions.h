// One-way results as text and as JSON.
#pragma once

#include <string>

#include "report/json.h"
#include "stats/directions.h"

namespace sockbox::report {

// Lines, each with its newline; empty if no reply contained timestamps.
std::string to_text(const stats::Directions& directions);

// A fragment that continues a line: ", forward 1 lost, mean delay 0.050 ms, backward ...".
std::string to_interim_text(const stats::Directions& directions);

// Sets the members "forward", "backward", "processing", "clock_error_ns", "clocks_synchronized",
// "implausible_delays" and "dscp_there" of a result object.
void add_directions(const stats::Directions& directions, Json& json);

}  // namespace sockbox::report
