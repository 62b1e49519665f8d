// Charts of a measurement as SVG, for an HTML page that styles their classes.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

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

}  // namespace sockbox::report
