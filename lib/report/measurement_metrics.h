// Measurements as OpenMetrics families.
#pragma once

#include <span>
#include <vector>

#include "report/measurement.h"
#include "report/open_metrics.h"

namespace sockbox::report {

// Their counters and a histogram of round-trip times, labelled by `target`. All reports must come
// from one tool, whose name and "_" start the name of every family.
std::vector<MetricFamily> to_metrics(std::span<const MeasurementReport> reports);

}  // namespace sockbox::report
