// A measurement drawn with Unicode block characters, without colour.
#pragma once

#include <cstddef>
#include <string>

#include "stats/measurement.h"

namespace sockbox::report {

// The histogram of round-trip times on a logarithmic axis and the times over the run with losses
// marked, at most `columns` wide (at least 40). Only the marks if no reply came back; empty if
// nothing was lost either.
std::string plot(const stats::Measurement& measurement, std::size_t columns);

}  // namespace sockbox::report
