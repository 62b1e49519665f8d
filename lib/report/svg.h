// Pictures of a measurement as SVG, to stand in an HTML page that styles their classes.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "stats/histogram.h"
#include "stats/timeline.h"

namespace sockbox::report {

// The times by percentile, the axis of which is logarithmic towards 100 %. Empty without samples.
// `id` makes the picture's ids unique in its page.
std::string percentile_picture(const stats::Histogram& times, std::string_view id);

// The longest and the mean time of each span of the run, and what was lost and late below them.
// Empty without anything.
std::string course_picture(const stats::Timeline& timeline, std::chrono::nanoseconds duration,
                           std::string_view id);

}  // namespace sockbox::report
