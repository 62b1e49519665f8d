// Measurements as one self-contained HTML page.
#pragma once

#include <span>
#include <string>

#include "report/measurement.h"

namespace sockbox::report {

// A page with a section for each: verdicts, counts, times, their pictures, and the parameters of
// the run. It has no script, loads nothing, and follows the reader's light or dark colours.
std::string to_html(std::span<const MeasurementReport> reports);

}  // namespace sockbox::report
