// Metrics as text for Prometheus and what reads the same: OpenMetrics 1.0.0, or the classic format.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sockbox::report {

// Names and values; the values may hold any text.
using MetricLabels = std::vector<std::pair<std::string_view, std::string>>;

struct MetricValue {
    MetricLabels labels;
    double value = 0;  // of a counter never negative
};

// A distribution in buckets, each the number of observations up to its bound and above the one
// before it. Those above the last bound are in the one bucket more that `counts` has.
struct MetricHistogram {
    MetricLabels labels;
    std::span<const double> bounds;  // rising
    std::vector<std::uint64_t> counts;
    double sum = 0;  // of all that was observed
};

enum class MetricKind : std::uint8_t { counter, gauge, histogram };

// All the values of one name. `name` ends in `_` and the unit where there is a unit, and a
// counter's in no `_total`: that belongs to its samples.
struct MetricFamily {
    std::string name;
    MetricKind kind = MetricKind::counter;
    std::string_view unit;  // a base unit, "seconds" or "bytes"; may be empty
    std::string_view help;  // one sentence
    std::vector<MetricValue> values;
    std::vector<MetricHistogram> histograms;  // of the kind histogram, which has no `values`
};

enum class MetricFormat : std::uint8_t { open_metrics, classic };

// The media type of a format, as HTTP names it.
std::string_view content_type(MetricFormat format) noexcept;

// All of it, to the "# EOF" that OpenMetrics wants and the classic format takes for a comment.
std::string format_metrics(std::span<const MetricFamily> families, MetricFormat format);

}  // namespace sockbox::report
