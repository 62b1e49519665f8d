// The page at which a person looks while a server runs.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "report/metrics.h"

namespace sockbox::report {

// The values of metrics as a table, loaded again every five seconds; distributions are left out.
std::string to_metrics_page(std::string_view title, std::span<const MetricFamily> families);

}  // namespace sockbox::report
