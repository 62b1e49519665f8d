// OpenMetrics text.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sockbox::report {

// Names and values of labels, as they stand between the braces. Values may contain any text; names
// are letters, digits and underscores.
class MetricLabels {
  public:
    MetricLabels() = default;
    MetricLabels(std::initializer_list<std::pair<std::string_view, std::string_view>> labels) {
        for (const auto& [name, value] : labels)
            add(name, value);
    }

    void add(std::string_view name, std::string_view value);
    // A copy with one more label.
    MetricLabels with(std::string_view name, std::string_view value) const {
        MetricLabels more = *this;
        more.add(name, value);
        return more;
    }
    // name="value",name="value"
    const std::string& text() const noexcept { return text_; }

  private:
    std::string text_;
};

struct MetricValue {
    MetricLabels labels;
    double value = 0;  // never negative for a counter
};

// The upper bounds of a histogram's buckets, ascending, and their labels, which are formatted once
// for all histograms that have them. The last bucket, which has no bound, is le="+Inf".
class MetricBounds {
  public:
    explicit MetricBounds(std::span<const double> bounds);

    std::size_t buckets() const noexcept { return labels_.size(); }
    std::size_t bucket_of(double value) const noexcept;
    // le="0.5"
    const std::string& label(std::size_t bucket) const noexcept { return labels_[bucket]; }

  private:
    std::vector<double> bounds_;
    std::vector<std::string> labels_;
};

// A distribution in buckets: counts[i] is the number of observations above the previous bound and
// up to the i-th; the last element of `counts` holds those above every bound.
struct MetricHistogram {
    MetricLabels labels;
    const MetricBounds& bounds;  // outlives the object
    std::vector<std::uint64_t> counts;
    double sum = 0;  // of all observations
};

// `info` has the value 1, and what it reports in its labels.
enum class MetricKind : std::uint8_t { counter, gauge, histogram, info };

// All values with one name. `name` ends in "_" and the unit, if there is one; the names of a
// counter and of an info do not end in "_total" and "_info", which are added to their samples.
struct MetricFamily {
    std::string name;
    MetricKind kind = MetricKind::counter;
    std::string_view unit;  // a base unit such as "seconds" or "bytes"; may be empty
    std::string_view help;  // one sentence
    std::vector<MetricValue> values;
    std::vector<MetricHistogram> histograms;  // for kind histogram, which has no `values`
    // More samples, formatted by add_sample(), in pieces.
    std::vector<std::string> samples{};
};

// Adds to `samples`, which for thousands of servers take far less memory and time than `values` and
// `histograms`. `more` is one more label, unless its name is empty.
using MetricLabel = std::pair<std::string_view, std::string_view>;
void add_sample(MetricFamily& family, const MetricLabels& labels, const MetricLabel& more,
                double value);
void add_sample(MetricFamily& family, const MetricHistogram& histogram);

enum class MetricFormat : std::uint8_t { open_metrics, classic };

// The media type for HTTP.
std::string_view content_type(MetricFormat format) noexcept;

// Formats all families, followed by "# EOF".
//
//     const MetricFamily sent{"echo_sent_bytes", MetricKind::counter, "bytes", "Payload sent.",
//                             {{{{"target", "localhost"}}, 640}}, {}};
//     fmt::print("{}", format_metrics({&sent, 1}, MetricFormat::open_metrics));
std::string format_metrics(std::span<const MetricFamily> families, MetricFormat format);
// The same in pieces. Those of `samples` are moved, because thousands of servers have tens of
// megabytes of them.
std::vector<std::string> format_pieces(std::vector<MetricFamily> families, MetricFormat format);

}  // namespace sockbox::report
