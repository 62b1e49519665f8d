// OpenMetrics text, and a measurement in it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/measurement.h"

namespace sockbox::report {

// Names and values; values may contain any text.
using MetricLabels = std::vector<std::pair<std::string_view, std::string>>;

struct MetricValue {
    MetricLabels labels;
    double value = 0;  // never negative for a counter
};

// A distribution in buckets: counts[i] is the number of observations above the previous bound and
// up to bounds[i]; the last element of `counts` holds those above every bound.
struct MetricHistogram {
    MetricLabels labels;
    std::span<const double> bounds;  // ascending
    std::vector<std::uint64_t> counts;
    double sum = 0;  // of all observations
};

enum class MetricKind : std::uint8_t { counter, gauge, histogram };

// All values with one name. `name` ends in "_" and the unit, if there is one; the name of a counter
// does not end in "_total", which is added to its samples.
struct MetricFamily {
    std::string name;
    MetricKind kind = MetricKind::counter;
    std::string_view unit;  // a base unit such as "seconds" or "bytes"; may be empty
    std::string_view help;  // one sentence
    std::vector<MetricValue> values;
    std::vector<MetricHistogram> histograms;  // for kind histogram, which has no `values`
};

enum class MetricFormat : std::uint8_t { open_metrics, classic };

// The media type for HTTP.
std::string_view content_type(MetricFormat format) noexcept;

// Formats all families, followed by "# EOF".
//
//     const MetricFamily sent{"echo_sent_bytes", MetricKind::counter, "bytes", "Payload sent.",
//                             {{{{"target", "localhost"}}, 640}}, {}};
//     fmt::print("{}", format_metrics({&sent, 1}, MetricFormat::open_metrics));
std::string format_metrics(std::span<const MetricFamily> families, MetricFormat format);

// Their counters and a histogram of round-trip times, labelled by `target`. All reports must come
// from one tool, whose name and "_" start the name of every family.
std::vector<MetricFamily> to_metrics(std::span<const MeasurementReport> reports);

}  // namespace sockbox::report
