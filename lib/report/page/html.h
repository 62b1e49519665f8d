// Charts of a measurement as SVG, for an HTML page that styles their classes.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "report/measurement.h"
#include "stats/histogram.h"
#include "stats/timeline.h"

namespace sockbox::report {

// Round-trip times by percentile, on an axis that is logarithmic towards 100 %. Empty without
// samples. `id` must be unique in the page.
std::string percentile_picture(const stats::Histogram& times, std::string_view id);

// The maximum and mean time of each span of the run, with losses and late replies below them. Empty
// if there is nothing to draw.
std::string course_picture(const stats::Timeline& timeline, std::chrono::nanoseconds duration,
                           std::string_view id);

// The section of a measurement in a page of open_page(). `index` is unique in the page.
std::string to_html_section(const MeasurementReport& report, std::size_t index);

// A page with a section for each measurement: verdicts, counts, times, charts, and the parameters
// of the run. It contains no scripts, loads nothing, and follows the reader's light or dark theme.
std::string to_html(std::span<const MeasurementReport> reports);

}  // namespace sockbox::report
