// Measurements as a self-contained HTML page.
#pragma once

#include <span>
#include <string>

#include "report/measurement.h"

namespace sockbox::report {

// A page with a section for each measurement: verdicts, counts, times, charts, and the parameters
// of the run. It contains no scripts, loads nothing, and follows the reader's light or dark theme.
std::string to_html(std::span<const MeasurementReport> reports);

}  // namespace sockbox::report
