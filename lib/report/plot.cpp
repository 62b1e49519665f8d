// Bars and a course over time.
#include "report/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string_view>
#include <vector>

namespace sockbox::report {
namespace {

using stats::Timeline;

constexpr std::size_t least_columns = 40;
constexpr std::size_t most_rows = 16;
constexpr std::size_t label_columns = 35;  // "    0.042 to     0.051 ms    12345 "

constexpr std::array<std::string_view, 9> levels{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 8> parts{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

double ms(double ns) {
    return ns / 1e6;
}

// A bar of that share of the width, to an eighth of a column; never empty for what is not 0.
std::string bar(double share, std::size_t width) {
    auto eighths = static_cast<std::size_t>(std::lround(share * static_cast<double>(width * 8)));
    if (share > 0)
        eighths = std::max<std::size_t>(eighths, 1);
    std::string text;
    for (std::size_t i = 0; i < eighths / 8; ++i)
        text += "█";
    return text += parts[eighths % 8];
}

struct Row {
    double low;
    double high;
    std::uint64_t count = 0;
};

// Rows of equal ratio from the smallest to the largest.
std::vector<Row> rows_of(const stats::Histogram& histogram) {
    const double low = std::max(1.0, static_cast<double>(histogram.min()->count()));
    const double high = std::max(low * 1.0001, static_cast<double>(histogram.max()->count()));
    const std::size_t count = histogram.min() == histogram.max() ? 1 : most_rows;
    const double step = std::log(high / low) / static_cast<double>(count);
    std::vector<Row> rows;
    for (std::size_t i = 0; i < count; ++i)
        rows.push_back({low * std::exp(step * static_cast<double>(i)),
                        low * std::exp(step * static_cast<double>(i + 1))});
    for (const auto& bucket : histogram.buckets()) {
        const double value = std::max(low, static_cast<double>(bucket.low.count()));
        const auto index = static_cast<std::size_t>(std::log(value / low) / step);
        rows[std::min(index, count - 1)].count += bucket.count;
    }
    return rows;
}

std::string draw_histogram(const stats::Histogram& histogram, std::size_t columns) {
    const std::vector<Row> rows = rows_of(histogram);
    const std::uint64_t most = std::ranges::max_element(rows, {}, &Row::count)->count;
    std::string text = "round trips (logarithmic)\n";
    for (const Row& row : rows)
        text += fmt::format("{:9.3f} to {:9.3f} ms {:8} {}\n", ms(row.low), ms(row.high), row.count,
                            bar(static_cast<double>(row.count) / static_cast<double>(most),
                                columns - label_columns));
    return text;
}

// As many neighbours together as make it fit.
std::vector<Timeline::Span> fit(std::span<const Timeline::Span> spans, std::size_t columns) {
    const std::size_t together = (spans.size() + columns - 1) / columns;
    std::vector<Timeline::Span> fitting((spans.size() + together - 1) / together);
    for (std::size_t i = 0; i < spans.size(); ++i) {
        Timeline::Span& to = fitting[i / together];
        to.count += spans[i].count;
        to.lost += spans[i].lost;
        to.sum_ns += spans[i].sum_ns;
        to.longest = std::max(to.longest, spans[i].longest);
    }
    return fitting;
}

std::string draw_course(const std::vector<Timeline::Span>& spans, double width_ms) {
    const double top = static_cast<double>(
        std::ranges::max_element(spans, {}, &Timeline::Span::longest)->longest.count());
    const auto level = [&](double ns) {
        const double eighths = std::ceil(ns / std::max(top, 1.0) * 8);
        return levels[std::clamp<std::size_t>(static_cast<std::size_t>(eighths), 1, 8)];
    };
    std::string longest;
    std::string mean;
    std::string lost;
    bool any_lost = false;
    for (const Timeline::Span& span : spans) {
        const bool has = span.count > 0;
        longest += has ? level(static_cast<double>(span.longest.count())) : levels[0];
        mean += has ? level(span.sum_ns / static_cast<double>(span.count)) : levels[0];
        lost += span.lost > 0 ? "x" : " ";
        any_lost = any_lost || span.lost > 0;
    }
    std::string text =
        fmt::format("over time, {:.6g} ms a column, full height {:.3f} ms\n", width_ms, ms(top));
    text += fmt::format("max  {}\nmean {}\n", longest, mean);
    return any_lost ? text + fmt::format("lost {}\n", lost) : text;
}

}  // namespace

std::string plot(const stats::Measurement& measurement, std::size_t columns) {
    const auto& histogram = measurement.rtt.histogram();
    const auto spans = measurement.timeline.spans();
    if (histogram.count() == 0 || spans.empty())
        return {};
    columns = std::max(columns, least_columns);
    constexpr std::size_t name_columns = 5;
    const auto fitting = fit(spans, columns - name_columns);
    const std::size_t together =
        (spans.size() + columns - name_columns - 1) / (columns - name_columns);
    const double width = ms(static_cast<double>(measurement.timeline.width().count())) *
                         static_cast<double>(together);
    return draw_histogram(histogram, columns) + draw_course(fitting, width);
}

}  // namespace sockbox::report
