// The results of measurements as metrics.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "report/measurement.h"
#include "report/metrics.h"

namespace sockbox::report {

// Collects the results of all servers of a run in metric families; of each server it keeps no more
// than its values. Every series has the label `target` and the labels of the server. All reports
// must come from one tool, whose name and "_" start the name of every family.
//
//     MeasurementMetrics metrics("udpecho");
//     for (const MeasurementReport& report : reports)
//         metrics.add(report);
//     fmt::print("{}", format_metrics(metrics.families(), MetricFormat::open_metrics));
class MeasurementMetrics {
  public:
    // `tool` does not depend on how the command was started: "echo" or "udpecho".
    explicit MeasurementMetrics(std::string_view tool);
    MeasurementMetrics(MeasurementMetrics&&) noexcept;
    ~MeasurementMetrics();

    void add(const MeasurementReport& report);
    // In a fixed order; without those that have no values. Call it once.
    std::vector<MetricFamily> families();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace sockbox::report
