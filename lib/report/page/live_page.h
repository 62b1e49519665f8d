// The page at which a person looks while a measurement runs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/measurement.h"

namespace sockbox::report {

// The servers of a measurement, the worst first: those that are down, then by their loss and their
// times. Of a few servers it has the whole report, of many a row each, with a picture over time. It
// keeps little of each report. Times are shown from the start of the run.
class LivePage {
  public:
    explicit LivePage(std::string_view tool) : tool_(tool) {}

    void add(const MeasurementReport& report, std::size_t index);
    // Loaded again every five seconds.
    std::string finish();

    static constexpr std::size_t max_sections = 4;  // with more servers there are none
    static constexpr std::size_t max_rows = 500;

  private:
    struct Row {
        bool is_up;
        double loss;
        double slowness_ns;
        std::string html;
    };

    std::string tool_;
    std::vector<Row> rows_;
    std::string sections_;
    std::size_t down_ = 0;
};

}  // namespace sockbox::report
