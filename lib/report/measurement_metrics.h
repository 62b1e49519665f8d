// Measurements as metrics.
#pragma once

#include <span>
#include <vector>

#include "report/measurement.h"
#include "report/open_metrics.h"

namespace sockbox::report {

// Their counts and a histogram of their round trips, told apart by the label `target`. All are of
// one tool, whose name and `_` each name begins with.
std::vector<MetricFamily> to_metrics(std::span<const MeasurementReport> reports);

}  // namespace sockbox::report
