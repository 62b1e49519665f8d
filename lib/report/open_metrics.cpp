// Formats metric families line by line.
#include "report/open_metrics.h"

#include <fmt/format.h>

#include <cmath>

namespace sockbox::report {
namespace {

std::string_view name_of(MetricKind kind) {
    switch (kind) {
        case MetricKind::counter: return "counter";
        case MetricKind::gauge: return "gauge";
        case MetricKind::histogram: break;
    }
    return "histogram";
}

// Both formats escape backslashes and newlines; quotes are escaped in label values and, by
// OpenMetrics, in help text too.
std::string escaped(std::string_view text, bool quotes) {
    std::string out;
    for (const char c : text) {
        if (c == '\n')
            out += "\\n";
        else if (c == '\\' || (c == '"' && quotes))
            (out += '\\') += c;
        else
            out += c;
    }
    return out;
}

std::string number(double value) {
    if (std::isnan(value))
        return "NaN";
    if (std::isinf(value))
        return value > 0 ? "+Inf" : "-Inf";
    return fmt::format("{}", value);
}

// Integers are printed without an exponent, for readability.
std::string sample_value(double value) {
    constexpr double exact = 9007199254740992;  // all integers up to 2^53 are exact
    if (std::abs(value) <= exact && std::trunc(value) == value)
        return fmt::format("{}", static_cast<std::int64_t>(value));
    return number(value);
}

// OpenMetrics requires bucket bounds to look like floating-point numbers.
std::string bound_text(double bound) {
    std::string text = number(bound);
    if (text.find_first_not_of("-0123456789") == text.npos)
        text += ".0";
    return text;
}

class Writer {
  public:
    explicit Writer(MetricFormat format) : open_(format == MetricFormat::open_metrics) {}

    void write(const MetricFamily& family) {
        // The classic format names a counter like its samples, with "_total".
        const bool counts = family.kind == MetricKind::counter;
        const std::string_view total = counts ? "_total" : "";
        const std::string_view title_end = open_ ? "" : total;
        text_ +=
            fmt::format("# HELP {}{} {}\n", family.name, title_end, escaped(family.help, open_));
        text_ += fmt::format("# TYPE {}{} {}\n", family.name, title_end, name_of(family.kind));
        if (open_ && !family.unit.empty())
            text_ += fmt::format("# UNIT {} {}\n", family.name, family.unit);
        for (const MetricValue& value : family.values)
            sample(family.name, total, value.labels, {}, sample_value(value.value));
        for (const MetricHistogram& histogram : family.histograms)
            write(family.name, histogram);
    }

    // "# EOF" is a comment in the classic format, where it still reveals a truncated response.
    std::string finish() { return std::move(text_ += "# EOF\n"); }

  private:
    void write(std::string_view name, const MetricHistogram& histogram) {
        std::uint64_t so_far = 0;
        for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
            so_far += histogram.counts[i];
            const bool last = i >= histogram.bounds.size();
            const std::string bound = last ? "+Inf" : bound_text(histogram.bounds[i]);
            sample(name, "_bucket", histogram.labels, bound, fmt::format("{}", so_far));
        }
        sample(name, "_count", histogram.labels, {}, fmt::format("{}", so_far));
        sample(name, "_sum", histogram.labels, {}, sample_value(histogram.sum));
    }

    void sample(std::string_view name, std::string_view suffix, const MetricLabels& labels,
                std::string_view bound, std::string_view value) {
        std::string inside;
        for (const auto& [label, content] : labels)
            inside += fmt::format("{}{}=\"{}\"", inside.empty() ? "" : ",", label,
                                  escaped(content, true));
        if (!bound.empty())
            inside += fmt::format("{}le=\"{}\"", inside.empty() ? "" : ",", bound);
        if (!inside.empty())
            inside = '{' + inside + '}';
        text_ += fmt::format("{}{}{} {}\n", name, suffix, inside, value);
    }

    bool open_;
    std::string text_;
};

}  // namespace

std::string_view content_type(MetricFormat format) noexcept {
    return format == MetricFormat::open_metrics
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}

std::string format_metrics(std::span<const MetricFamily> families, MetricFormat format) {
    Writer writer(format);
    for (const MetricFamily& family : families)
        writer.write(family);
    return writer.finish();
}

}  // namespace sockbox::report
