// Formats metric families line by line.
#include "report/metrics.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace sockbox::report {
namespace {

std::string_view to_text(MetricKind kind) {
    switch (kind) {
        case MetricKind::counter: return "counter";
        case MetricKind::gauge: return "gauge";
        case MetricKind::info: return "info";
        case MetricKind::histogram: break;
    }
    return "histogram";
}

// What is added to the name of a family in the names of its samples.
std::string_view suffix_of(MetricKind kind) {
    switch (kind) {
        case MetricKind::counter: return "_total";
        case MetricKind::info: return "_info";
        case MetricKind::gauge:
        case MetricKind::histogram: break;
    }
    return "";
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
void append_value(std::string& text, double value) {
    constexpr double exact = 9007199254740992;  // all integers up to 2^53 are exact
    if (std::abs(value) <= exact && std::trunc(value) == value)
        fmt::format_to(std::back_inserter(text), "{}", static_cast<std::int64_t>(value));
    else
        text += number(value);
}

// OpenMetrics requires bucket bounds to look like floating-point numbers.
std::string bound_to_text(double bound) {
    std::string text = number(bound);
    if (text.find_first_not_of("-0123456789") == text.npos)
        text += ".0";
    return text;
}

void append_sample(std::string& text, std::string_view name, std::string_view suffix,
                   const MetricLabels& labels, std::string_view bound, double value) {
    (text += name) += suffix;
    const std::string& inside = labels.text();
    if (!inside.empty() || !bound.empty()) {
        (text += '{') += inside;
        if (!bound.empty())
            ((text += inside.empty() ? "le=\"" : ",le=\"") += bound) += '"';
        text += '}';
    }
    text += ' ';
    append_value(text, value);
    text += '\n';
}

void append_histogram(std::string& text, std::string_view name, const MetricHistogram& histogram) {
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
        so_far += histogram.counts[i];
        const bool last = i >= histogram.bounds.size();
        const std::string bound = last ? "+Inf" : bound_to_text(histogram.bounds[i]);
        append_sample(text, name, "_bucket", histogram.labels, bound, static_cast<double>(so_far));
    }
    append_sample(text, name, "_count", histogram.labels, {}, static_cast<double>(so_far));
    append_sample(text, name, "_sum", histogram.labels, {}, histogram.sum);
}

class Writer {
  public:
    explicit Writer(MetricFormat format) : open_(format == MetricFormat::open_metrics) {}

    // The classic format names a counter like its samples, and knows no info.
    void write(const MetricFamily& family) {
        const std::string_view suffix = suffix_of(family.kind);
        const std::string_view title_end = open_ ? "" : suffix;
        const MetricKind kind =
            !open_ && family.kind == MetricKind::info ? MetricKind::gauge : family.kind;
        text_ +=
            fmt::format("# HELP {}{} {}\n", family.name, title_end, escaped(family.help, open_));
        text_ += fmt::format("# TYPE {}{} {}\n", family.name, title_end, to_text(kind));
        if (open_ && !family.unit.empty())
            text_ += fmt::format("# UNIT {} {}\n", family.name, family.unit);
        for (const MetricValue& value : family.values)
            append_sample(text_, family.name, suffix, value.labels, {}, value.value);
        for (const MetricHistogram& histogram : family.histograms)
            append_histogram(text_, family.name, histogram);
        text_ += family.samples;
    }
    void reserve(std::size_t bytes) { text_.reserve(bytes); }

    // "# EOF" is a comment in the classic format, where it still reveals a truncated response.
    std::string finish() { return std::move(text_ += "# EOF\n"); }

  private:
    bool open_;
    std::string text_;
};

}  // namespace

void MetricLabels::add(std::string_view name, std::string_view value) {
    if (!text_.empty())
        text_ += ',';
    ((text_ += name) += "=\"") += escaped(value, true);
    text_ += '"';
}

std::string_view content_type(MetricFormat format) noexcept {
    return format == MetricFormat::open_metrics
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}

void add_sample(MetricFamily& family, const MetricLabels& labels, double value) {
    append_sample(family.samples, family.name, suffix_of(family.kind), labels, {}, value);
}

void add_sample(MetricFamily& family, const MetricHistogram& histogram) {
    append_histogram(family.samples, family.name, histogram);
}

std::string format_metrics(std::vector<MetricFamily>&& families, MetricFormat format) {
    constexpr std::size_t beside = 512;  // of a family: its title, and a few values
    std::size_t bytes = beside;
    for (const MetricFamily& family : families)
        bytes += family.samples.size() + beside;
    Writer writer(format);
    writer.reserve(bytes);
    for (MetricFamily& family : families) {
        writer.write(family);
        family.samples = {};
    }
    return writer.finish();
}

std::string format_metrics(std::span<const MetricFamily> families, MetricFormat format) {
    Writer writer(format);
    for (const MetricFamily& family : families)
        writer.write(family);
    return writer.finish();
}

}  // namespace sockbox::report
