// The option --metrics: serves a command's metrics over HTTP while it runs.
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

    // Opens the endpoint, listening but not started; nothing if the option was not given. From
    // another thread, it calls `collect` for each scrape and `healthy` (which may be empty) for
    // each request for /healthz, and `page` for each request for the page at /. Fails if the
    // address cannot be bound.
    net::Result<std::optional<serve::StatusEndpoint>> open(std::function<MetricFamilies()> collect,
                                                           std::function<bool()> healthy,
                                                           std::function<std::string()> page) const;
    // The same with a page of all metrics.
    net::Result<std::optional<serve::StatusEndpoint>> open(
        std::string_view tool, const std::function<MetricFamilies()>& collect,
        std::function<bool()> healthy) const;

  private:
    std::optional<net::Endpoint> where_;
};

// Prints the address of the metrics as a line or a JSON object. Does not flush.
void announce_metrics(const serve::StatusEndpoint& endpoint, std::string_view tool, bool json,
                      Io io);

// A metric family with one value and no labels.
report::MetricFamily single_metric(std::string name, report::MetricKind kind, std::string_view unit,
                                   std::string_view help, double value);

// Adds the metrics of a UDP echo server. `prefix` begins each name, such as "echod_".
void add_datagram_metrics(MetricFamilies& families, const std::string& prefix,
                          const serve::DatagramCounters& counters);

}  // namespace sockbox::tools
