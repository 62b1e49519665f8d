// Formats metric families line by line.
#include "report/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <type_traits>

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

void append_number(std::string& text, double value) {
    if (std::isnan(value))
        text += "NaN";
    else if (std::isinf(value))
        text += value > 0 ? "+Inf" : "-Inf";
    else {
        std::array<char, 32> digits;
        text.append(digits.data(), fmt::format_to(digits.data(), "{}", value));
    }
}

// Integers are printed without an exponent, for readability.
void append_value(std::string& text, double value) {
    constexpr double exact = 9007199254740992;  // all integers up to 2^53 are exact
    if (std::abs(value) <= exact && std::trunc(value) == value) {
        const fmt::format_int digits(static_cast<std::int64_t>(value));
        text.append(digits.data(), digits.size());
    } else {
        append_number(text, value);
    }
}

void append_label(std::string& text, std::string_view name, std::string_view value) {
    (text += name) += "=\"";
    if (value.find_first_of("\\\"\n") == value.npos)
        text += value;
    else
        text += escaped(value, true);
    text += '"';
}

// `append_more` adds one more label, unless it is a null pointer.
template <class AppendMore>
void append_sample(std::string& text, std::string_view name, std::string_view suffix,
                   const MetricLabels& labels, const AppendMore& append_more, double value) {
    constexpr bool has_more = !std::is_null_pointer_v<AppendMore>;
    (text += name) += suffix;
    const std::string& inside = labels.text();
    if (has_more || !inside.empty())
        (text += '{') += inside;
    if constexpr (has_more) {
        if (!inside.empty())
            text += ',';
        append_more();
    }
    if (has_more || !inside.empty())
        text += '}';
    text += ' ';
    append_value(text, value);
    text += '\n';
}

void append_histogram(std::string& text, std::string_view name, const MetricHistogram& histogram) {
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
        so_far += histogram.counts[i];
        append_sample(
            text, name, "_bucket", histogram.labels, [&] { text += histogram.bounds.label(i); },
            static_cast<double>(so_far));
    }
    append_sample(text, name, "_count", histogram.labels, nullptr, static_cast<double>(so_far));
    append_sample(text, name, "_sum", histogram.labels, nullptr, histogram.sum);
}

// The lines of a family but those of `samples`. The classic format names a counter like its
// samples, and knows no info.
void append_head(std::string& text, const MetricFamily& family, MetricFormat format) {
    const bool open = format == MetricFormat::open_metrics;
    const std::string_view suffix = suffix_of(family.kind);
    const std::string_view title_end = open ? "" : suffix;
    const MetricKind kind =
        !open && family.kind == MetricKind::info ? MetricKind::gauge : family.kind;
    text += fmt::format("# HELP {}{} {}\n", family.name, title_end, escaped(family.help, open));
    text += fmt::format("# TYPE {}{} {}\n", family.name, title_end, to_text(kind));
    if (open && !family.unit.empty())
        text += fmt::format("# UNIT {} {}\n", family.name, family.unit);
    for (const MetricValue& value : family.values)
        append_sample(text, family.name, suffix, value.labels, nullptr, value.value);
    for (const MetricHistogram& histogram : family.histograms)
        append_histogram(text, family.name, histogram);
}

// A comment in the classic format, where it still reveals a truncated response.
constexpr std::string_view end_mark = "# EOF\n";

// Pieces do not move when there are more, as one long text would, which takes twice its size then.
std::string& room(std::vector<std::string>& pieces) {
    constexpr std::size_t piece_bytes = 64 * 1024;
    constexpr std::size_t most_added = 4 * 1024;  // at once, without another allocation
    if (pieces.empty()) {
        pieces.emplace_back();
    } else if (pieces.back().size() > piece_bytes - most_added) {
        pieces.emplace_back();
        pieces.back().reserve(piece_bytes);
    }
    return pieces.back();
}

}  // namespace

void MetricLabels::add(std::string_view name, std::string_view value) {
    if (!text_.empty())
        text_ += ',';
    append_label(text_, name, value);
}

// OpenMetrics requires bounds to look like floating-point numbers.
MetricBounds::MetricBounds(std::span<const double> bounds) : bounds_(bounds.begin(), bounds.end()) {
    for (const double bound : bounds) {
        std::string text;
        append_number(text, bound);
        if (text.find_first_not_of("-0123456789") == text.npos)
            text += ".0";
        append_label(labels_.emplace_back(), "le", text);
    }
    append_label(labels_.emplace_back(), "le", "+Inf");
}

std::size_t MetricBounds::bucket_of(double value) const noexcept {
    return static_cast<std::size_t>(std::ranges::lower_bound(bounds_, value) - bounds_.begin());
}

std::string_view content_type(MetricFormat format) noexcept {
    return format == MetricFormat::open_metrics
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}

void add_sample(MetricFamily& family, const MetricLabels& labels, const MetricLabel& more,
                double value) {
    std::string& text = room(family.samples);
    const std::string_view suffix = suffix_of(family.kind);
    if (more.first.empty())
        append_sample(text, family.name, suffix, labels, nullptr, value);
    else
        append_sample(
            text, family.name, suffix, labels, [&] { append_label(text, more.first, more.second); },
            value);
}

void add_sample(MetricFamily& family, const MetricHistogram& histogram) {
    append_histogram(room(family.samples), family.name, histogram);
}

std::vector<std::string> format_pieces(std::vector<MetricFamily> families, MetricFormat format) {
    std::vector<std::string> pieces(1);
    for (MetricFamily& family : families) {
        append_head(room(pieces), family, format);
        std::ranges::move(family.samples, std::back_inserter(pieces));
    }
    pieces.back() += end_mark;
    return pieces;
}

std::string format_metrics(std::span<const MetricFamily> families, MetricFormat format) {
    std::string text;
    for (const MetricFamily& family : families) {
        append_head(text, family, format);
        for (const std::string& piece : family.samples)
            text += piece;
    }
    return text += end_mark;
}

}  // namespace sockbox::report
