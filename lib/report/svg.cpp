// SVG charts in a coordinate system of 900 by about 340 pixels.
#include "report/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "report/counted.h"
#include "report/scale.h"

namespace sockbox::report {
namespace {

using stats::Histogram;
using stats::Timeline;

constexpr double left = 76;
constexpr double right = 884;
constexpr double top = 34;
constexpr double bottom = 270;
constexpr double axis_height = 50;  // ticks and their title
constexpr double row_height = 20;   // for losses and for late replies

double number(std::chrono::nanoseconds time) {
    return static_cast<double>(time.count());
}

template <class... Values>
void put(std::string& svg, fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(svg), format, std::forward<Values>(values)...);
}

std::string open_picture(std::string_view id, double height, std::string_view title,
                         std::string_view description) {
    return fmt::format(
        R"(<svg class="picture" viewBox="0 0 900 {:.0f}" role="img" aria-labelledby="{}-t {}-d">)"
        "\n<title id=\"{}-t\">{}</title>\n<desc id=\"{}-d\">{}</desc>\n",
        height, id, id, id, title, id, description);
}

// The vertical time axis and its grid.
void put_times(std::string& svg, const Scale& scale) {
    for (const double tick : scale.ticks())
        put(svg,
            R"(<path class="grid" d="M{:.1f} {:.1f}H{:.1f}"/><text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>)"
            "\n",
            left, scale(tick), right, left - 8, scale(tick) + 4, short_time(tick));
    put(svg,
        R"(<text class="axis" x="{:.1f}" y="16">time{}</text>)"
        "\n",
        left, scale.is_logarithmic() ? " (logarithmic)" : "");
}

void put_tick(std::string& svg, double x, double base, std::string_view label) {
    put(svg,
        R"(<path class="grid" d="M{:.1f} {:.1f}V{:.1f}"/><text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>)"
        "\n",
        x, top, base + 5, x, base + 20, label);
}

void put_title(std::string& svg, double base, std::string_view title) {
    put(svg,
        R"(<text class="axis" x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>)"
        "\n",
        right, base + 40, title);
}

// The horizontal axis of percentiles, with `decades_` decades of 1 / (1 - share).
class PercentileAxis {
  public:
    explicit PercentileAxis(std::uint64_t samples)
        : decades_(std::max(1.3, std::log10(static_cast<double>(samples)) + 0.3)) {}

    double operator()(double share) const {
        const double decades = share >= 1 ? decades_ : std::min(decades_, -std::log10(1 - share));
        return left + decades / decades_ * (right - left);
    }

    void put_ticks(std::string& svg) const {
        put_tick(svg, left, bottom, "0%");
        put_tick(svg, (*this)(0.5), bottom, "50%");
        for (int nines = 1; nines < decades_ - 0.2; ++nines) {
            const double share = 1 - std::pow(10, -nines);
            put_tick(svg, (*this)(share), bottom,
                     fmt::format("{:.{}f}%", share * 100, std::max(0, nines - 2)));
        }
    }

    // Whether a mark there is clear of the one for the maximum.
    bool has_room(double share) const { return -std::log10(1 - share) < decades_ - 0.25; }

  private:
    double decades_;
};

// A staircase: each time is drawn at the share of samples that it reaches. Invisible steps are
// omitted, to keep the chart small.
void put_staircase(std::string& svg, const Histogram& times, const PercentileAxis& x,
                   const Scale& y) {
    constexpr double visible = 0.7;
    const auto total = static_cast<double>(times.count());
    double drawn_x = left;
    double drawn_y = y(number(*times.min()));
    put(svg, R"(<path class="line" d="M{:.1f} {:.1f})", drawn_x, drawn_y);
    std::uint64_t so_far = 0;
    for (const Histogram::Bucket& bucket : times.buckets()) {
        so_far += bucket.count;
        const bool last = so_far == times.count();
        const double next_x = x(static_cast<double>(so_far) / total);
        const double next_y = y(number(last ? *times.max() : bucket.low));
        if (!last && next_x - drawn_x < visible && drawn_y - next_y < visible)
            continue;
        put(svg, "V{:.1f}H{:.1f}", next_y, next_x);
        drawn_x = next_x;
        drawn_y = next_y;
    }
    svg += "\"/>\n";
}

// The line rises to the right, so there is room for a label below it on that side, except at the
// edges.
void put_mark(std::string& svg, double x, double y, std::string_view label) {
    constexpr double longest_label = 96;
    const bool ends = x > right - longest_label;
    const bool above = ends || y > bottom - 22;
    put(svg, R"(<circle class="mark" cx="{:.1f}" cy="{:.1f}" r="3.5"/>)", x, y);
    put(svg,
        R"(<text class="value" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>)"
        "\n",
        ends ? std::min(x + 6, right) : x + 6, above ? y - 9 : y + 17, ends ? "end" : "start",
        label);
}

struct Named {
    std::string_view name;
    double share;
};
constexpr std::array named{Named{"p50", 0.5}, Named{"p90", 0.9}, Named{"p99", 0.99},
                           Named{"p99.9", 0.999}};

// A cross for lost and a triangle for late, distinguishable without colour.
void put_row(std::string& svg, const Timeline& timeline, const Scale& x, double y,
             std::string_view name, std::uint64_t Timeline::Span::*count, std::string_view shape) {
    put(svg,
        R"(<text class="tick {}" x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>)"
        "\n",
        name, left - 8, y + 4, name);
    const double width = number(timeline.width());
    for (std::size_t i = 0; i < timeline.spans().size(); ++i) {
        const std::uint64_t here = timeline.spans()[i].*count;
        if (here == 0)
            continue;
        const double at = (static_cast<double>(i) + 0.5) * width;
        put(svg,
            R"(<path class="{}" d="M{:.1f} {:.1f}{}"><title>{} {} at {}</title></path>)"
            "\n",
            name, x(at), y, shape, here, name, short_time(at));
    }
}

void put_spans(std::string& svg, const Timeline& timeline, const Scale& x, const Scale& y) {
    const double width = number(timeline.width());
    for (std::size_t i = 0; i < timeline.spans().size(); ++i) {
        const Timeline::Span& span = timeline.spans()[i];
        if (span.count == 0)
            continue;
        const double from = x(static_cast<double>(i) * width);
        const double wide = std::max(2.0, x(static_cast<double>(i + 1) * width) - from - 0.4);
        const double longest = y(number(span.longest));
        const double mean = span.sum_ns / static_cast<double>(span.count);
        put(svg,
            R"(<g><title>{} from {}: mean {}, longest {}</title><rect class="longest" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/><path class="line" d="M{:.1f} {:.1f}h{:.1f}"/></g>)"
            "\n",
            counted(span.count, "reply", "replies"), short_time(static_cast<double>(i) * width),
            short_time(mean), short_time(number(span.longest)), from, longest, wide,
            bottom - longest, from, y(mean), wide);
    }
}

// Everything about a timeline that has to be known before drawing it.
struct Extent {
    std::uint64_t count = 0;
    std::uint64_t lost = 0;
    std::uint64_t late = 0;
    double least_mean = 1;
    double longest = 1;
};

Extent extent_of(const Timeline& timeline) {
    Extent extent;
    for (const Timeline::Span& span : timeline.spans()) {
        extent.lost += span.lost;
        extent.late += span.late;
        if (span.count == 0)
            continue;
        const double mean = std::max(1.0, span.sum_ns / static_cast<double>(span.count));
        extent.least_mean = extent.count == 0 ? mean : std::min(extent.least_mean, mean);
        extent.longest = std::max(extent.longest, number(span.longest));
        extent.count += span.count;
    }
    return extent;
}

}  // namespace

std::string percentile_picture(const Histogram& times, std::string_view id) {
    if (times.count() == 0)
        return {};
    const PercentileAxis x(times.count());
    const double least = std::max(1.0, number(*times.min()));
    const double longest = std::max(least, number(*times.max()));
    const Scale y = Scale::fitting(least, longest, bottom, top);
    std::string svg =
        open_picture(id, bottom + axis_height, "Round-trip times by percentile",
                     fmt::format("{}: from {} through a median of {} to {}.",
                                 counted(times.count(), "reply", "replies"), short_time(least),
                                 short_time(number(*times.quantile(0.5))), short_time(longest)));
    put_times(svg, y);
    x.put_ticks(svg);
    put_title(svg, bottom, "percentile");
    put_staircase(svg, times, x, y);
    for (const Named& one : named) {
        const double value = number(*times.quantile(one.share));
        if (x.has_room(one.share) && static_cast<double>(times.count()) * (1 - one.share) > 0.99)
            put_mark(svg, x(one.share), y(value),
                     fmt::format("{} {}", one.name, short_time(value)));
    }
    put_mark(svg, right, y(longest), fmt::format("max {}", short_time(longest)));
    return svg + "</svg>\n";
}

std::string course_picture(const Timeline& timeline, std::chrono::nanoseconds duration,
                           std::string_view id) {
    if (timeline.spans().empty())
        return {};
    const Extent extent = extent_of(timeline);
    const double covered =
        number(timeline.width()) * (static_cast<double>(timeline.spans().size()) - 0.9);
    const Scale x = Scale::linear(std::max({number(duration), covered, 1.0}), left, right);
    const Scale y = Scale::fitting(extent.least_mean, extent.longest, bottom, top);
    const int rows = (extent.lost > 0 ? 1 : 0) + (extent.late > 0 ? 1 : 0);
    const double base = bottom + rows * row_height;
    std::string svg =
        open_picture(id, base + axis_height, "Round-trip times over the run",
                     fmt::format("{}, {} lost, {} late, in spans of {}.",
                                 counted(extent.count, "reply", "replies"), extent.lost,
                                 extent.late, short_time(number(timeline.width()))));
    put_times(svg, y);
    for (const double tick : x.ticks())
        put_tick(svg, x(tick), base, short_time(tick));
    put_title(svg, base,
              fmt::format("since the start; bars: longest, lines: mean of {}",
                          short_time(number(timeline.width()))));
    put_spans(svg, timeline, x, y);
    double row = bottom + row_height / 2 + 2;
    if (extent.lost > 0) {
        put_row(svg, timeline, x, row, "lost", &Timeline::Span::lost, "m-3.5 -3.5l7 7m0 -7l-7 7");
        row += row_height;
    }
    if (extent.late > 0)
        put_row(svg, timeline, x, row, "late", &Timeline::Span::late, "m0 -4.5l4.5 8h-9z");
    return svg + "</svg>\n";
}

}  // namespace sockbox::report
