// --metrics: the endpoint that a tool shows its numbers at while it runs.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "net/endpoint.h"
#include "report/metrics.h"
#include "serve/datagrams/datagram_echo.h"
#include "serve/status/status_endpoint.h"
#include "tools/front/cli.h"

namespace sockbox::tools {

using MetricFamilies = std::vector<report::MetricFamily>;

class MetricsOption {
  public:
    void declare(Cli& cli);

    // The endpoint, listening but not started; none where it was not asked for. `collect` is called
    // for each scrape and `healthy` (may be empty) for each look at /healthz, from another thread.
    net::Result<std::optional<serve::StatusEndpoint>> open(std::function<MetricFamilies()> collect,
                                                           std::function<bool()> healthy) const;

  private:
    std::optional<net::Endpoint> where_;
};

// The line, or JSON object, that tells where the metrics are. Not flushed.
void announce_metrics(const serve::StatusEndpoint& endpoint, std::string_view tool, bool json,
                      Io io);

// A family of one value without labels.
report::MetricFamily single_metric(std::string name, report::MetricKind kind, std::string_view unit,
                                   std::string_view help, double value);

// Those of a UDP echo; each name begins with `prefix`, such as "echod_".
void add_datagram_metrics(MetricFamilies& families, const std::string& prefix,
                          const serve::DatagramCounters& counters);

}  // namespace sockbox::tools
