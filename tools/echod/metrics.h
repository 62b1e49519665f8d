// What echod's endpoint shows of its counters.
#pragma once

#include "serve/status/counters.h"
#include "tools/front/metrics.h"

namespace sockbox::tools {

MetricFamilies echod_metrics(const serve::Counters& counters, std::string_view engine);

}  // namespace sockbox::tools
