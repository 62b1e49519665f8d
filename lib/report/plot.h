// A measurement drawn with Unicode blocks, readable without colour.
#pragma once

#include <cstddef>
#include <string>

#include "stats/measurement.h"

namespace sockbox::report {

// The histogram of the round trips on a logarithmic axis, and their course over time with the lost
// ones marked, at most `columns` wide (at least 40). Only the marks where nothing came back; empty
// where nothing was lost either.
std::string plot(const stats::Measurement& measurement, std::size_t columns);

}  // namespace sockbox::report
