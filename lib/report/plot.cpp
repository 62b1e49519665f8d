// Terminal charts: a histogram with bars, and a run over time.
#include "report/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string_view>
#include <vector>

#include "report/scale.h"

namespace sockbox::report {
namespace {

using stats::Timeline;

constexpr std::size_t min_columns = 40;
constexpr std::size_t max_rows = 16;
constexpr std::size_t label_columns = 34;  // "     0.051 ms    12345    100.00% "
constexpr std::size_t name_columns = 5;    // of the row titles below it: "mean "

constexpr std::array<std::string_view, 9> levels{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 8> parts{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

double ms(double ns) {
    return ns / 1e6;
}

// A bar of this share of the width, to an eighth of a column; never empty for a positive share.
std::string bar(double share, std::size_t width) {
    auto eighths = static_cast<std::size_t>(std::lround(share * static_cast<double>(width * 8)));
    if (share > 0)
        eighths = std::max<std::size_t>(eighths, 1);
    std::string text;
    for (std::size_t i = 0; i < eighths / 8; ++i)
        text += "█";
    return text += parts[eighths % 8];
}

struct Bar {
    double low;
    double high;
    std::uint64_t count = 0;
};

// Limits the number of rows so that their limits differ in the printed microseconds.
std::size_t row_count(double low, double high) {
    const double apart = std::log(high / low) / std::log1p(1000 / low);
    return static_cast<std::size_t>(std::clamp(apart, 1.0, static_cast<double>(max_rows)));
}

// Rows of equal ratio from the smallest to the largest sample.
std::vector<Bar> rows_of(const stats::Histogram& histogram) {
    const double low = std::max(1.0, static_cast<double>(histogram.min()->count()));
    const double high = std::max(low * 1.0001, static_cast<double>(histogram.max()->count()));
    const std::size_t count = histogram.min() == histogram.max() ? 1 : row_count(low, high);
    const double step = std::log(high / low) / static_cast<double>(count);
    std::vector<Bar> rows;
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

// Each row also shows the cumulative share of samples.
std::string draw_histogram(const stats::Histogram& histogram, std::size_t columns) {
    const std::vector<Bar> rows = rows_of(histogram);
    const std::uint64_t most = std::ranges::max_element(rows, {}, &Bar::count)->count;
    std::string text = fmt::format(
        "round trips from {:.3f} ms\n        up to    count cumulative\n", ms(rows[0].low));
    std::uint64_t so_far = 0;
    for (const Bar& row : rows) {
        so_far += row.count;
        const double share =
            static_cast<double>(so_far) / static_cast<double>(histogram.count()) * 100;
        text += fmt::format("{:10.3f} ms {:8} {:9.2f}% {}\n", ms(row.high), row.count, share,
                            bar(static_cast<double>(row.count) / static_cast<double>(most),
                                columns - label_columns));
    }
    return text;
}

// Combines neighbouring spans until they fit.
std::vector<Timeline::Span> fit(std::span<const Timeline::Span> spans, std::size_t columns) {
    const std::size_t together = (spans.size() + columns - 1) / columns;
    std::vector<Timeline::Span> fitting((spans.size() + together - 1) / together);
    for (std::size_t i = 0; i < spans.size(); ++i) {
        Timeline::Span& to = fitting[i / together];
        to.count += spans[i].count;
        to.lost += spans[i].lost;
        to.late += spans[i].late;
        to.sum_ns += spans[i].sum_ns;
        to.longest = std::max(to.longest, spans[i].longest);
    }
    return fitting;
}

// Draws vertical bars side by side, `lines` lines high; `heights` are in eighths of a line.
std::string draw_strip(std::string_view name, const std::vector<std::size_t>& heights,
                       std::size_t lines) {
    std::string text;
    for (std::size_t line = 0; line < lines; ++line) {
        const std::size_t below = 8 * (lines - 1 - line);
        text += fmt::format("{:{}}", line == 0 ? name : "", name_columns);
        for (const std::size_t height : heights)
            text += levels[std::min<std::size_t>(height > below ? height - below : 0, 8)];
        text += '\n';
    }
    return text;
}

// A line with a mark for each span that has any; empty if none has.
std::string draw_marks(std::string_view name, const std::vector<Timeline::Span>& spans,
                       std::uint64_t Timeline::Span::*count, char mark) {
    std::string text = fmt::format("{:{}}", name, name_columns);
    bool any = false;
    for (const Timeline::Span& span : spans) {
        text += span.*count > 0 ? mark : ' ';
        any = any || span.*count > 0;
    }
    return any ? text + '\n' : "";
}

std::string draw_fates(const std::vector<Timeline::Span>& spans) {
    return draw_marks("lost", spans, &Timeline::Span::lost, 'x') +
           draw_marks("late", spans, &Timeline::Span::late, '^');
}

std::string time_axis(double width_ms) {
    return fmt::format("over time, {:.6g} ms a column", width_ms);
}

// Uses two lines if one is too short.
std::string head_of_course(double width_ms, const Scale& scale, std::size_t columns) {
    const auto ticks = scale.ticks();
    const std::string time = time_axis(width_ms);
    const std::string heights =
        fmt::format("heights from {:.6g} to {:.6g} ms{}", ms(ticks.front()), ms(ticks.back()),
                    scale.is_logarithmic() ? " (logarithmic)" : "");
    const bool fits = time.size() + 2 + heights.size() <= columns;
    return time + (fits ? ", " : "\n") + heights + '\n';
}

std::string draw_course(const std::vector<Timeline::Span>& spans, double width_ms,
                        std::size_t columns) {
    constexpr std::size_t lines = 4;
    double least = 0;
    double top = 1;
    const auto mean = [](const Timeline::Span& span) {
        return std::max(1.0, span.sum_ns / static_cast<double>(span.count));
    };
    for (const Timeline::Span& span : spans)
        if (span.count > 0) {
            least = least == 0 ? mean(span) : std::min(least, mean(span));
            top = std::max(top, static_cast<double>(span.longest.count()));
        }
    const Scale scale = Scale::fitting(std::max(least, 1.0), top, 0, double{lines * 8});
    const auto height = [&](double ns) {
        return std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(scale(ns))));
    };
    std::vector<std::size_t> longest;
    std::vector<std::size_t> means;
    for (const Timeline::Span& span : spans) {
        longest.push_back(span.count > 0 ? height(static_cast<double>(span.longest.count())) : 0);
        means.push_back(span.count > 0 ? height(mean(span)) : 0);
    }
    return head_of_course(width_ms, scale, columns) + draw_strip("max", longest, lines) +
           draw_strip("mean", means, lines) + draw_fates(spans);
}

}  // namespace

std::string plot(const stats::Measurement& measurement, std::size_t columns) {
    const auto& histogram = measurement.rtt.histogram();
    const auto spans = measurement.timeline.spans();
    if (spans.empty())
        return {};
    columns = std::max(columns, min_columns);
    const auto fitting = fit(spans, columns - name_columns);
    const std::size_t together =
        (spans.size() + columns - name_columns - 1) / (columns - name_columns);
    const double width = ms(static_cast<double>(measurement.timeline.width().count())) *
                         static_cast<double>(together);
    if (histogram.count() == 0)
        return time_axis(width) + '\n' + draw_fates(fitting);
    return draw_histogram(histogram, columns) + draw_course(fitting, width, columns);
}

}  // namespace sockbox::report
