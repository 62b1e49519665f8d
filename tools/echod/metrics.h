// echod's counters as metrics for its --metrics endpoint.
#pragma once

#include "serve/status/counters.h"
#include "tools/front/metrics.h"

namespace sockbox::tools {

// The current values. May be called from any thread.
MetricFamilies echod_metrics(const serve::Counters& counters, std::string_view engine);

}  // namespace sockbox::tools
