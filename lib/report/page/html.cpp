// Draws the charts of the report as SVG, and the page around them.
#include "report/page/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <sstream>

#include "report/counted.h"
#include "report/page/html_page.h"
#include "report/reflector.h"
#include "report/scale.h"
#include "report/source_ports.h"
#include "report/times.h"
#include "report/under_load.h"

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
void append(std::string& markup, fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(markup), format, std::forward<Values>(values)...);
}

std::string open_picture(std::string_view id, double height, std::string_view title,
                         std::string_view description) {
    return fmt::format(
        R"(<svg class="picture" viewBox="0 0 900 {:.0f}" role="img" aria-labelledby="{}-t {}-d">)"
        "\n<title id=\"{}-t\">{}</title>\n<desc id=\"{}-d\">{}</desc>\n",
        height, id, id, id, title, id, description);
}

// The vertical time axis and its grid.
void append_times(std::string& svg, const Scale& scale) {
    for (const double tick : scale.ticks())
        append(
            svg,
            R"(<path class="grid" d="M{:.1f} {:.1f}H{:.1f}"/><text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>)"
            "\n",
            left, scale(tick), right, left - 8, scale(tick) + 4, short_time(tick));
    append(svg,
           R"(<text class="axis" x="{:.1f}" y="16">time{}</text>)"
           "\n",
           left, scale.is_logarithmic() ? " (logarithmic)" : "");
}

void append_tick(std::string& svg, double x, double base, std::string_view label) {
    append(
        svg,
        R"(<path class="grid" d="M{:.1f} {:.1f}V{:.1f}"/><text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>)"
        "\n",
        x, top, base + 5, x, base + 20, label);
}

void append_title(std::string& svg, double base, std::string_view title) {
    append(svg,
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

    void append_ticks(std::string& svg) const {
        append_tick(svg, left, bottom, "0%");
        append_tick(svg, (*this)(0.5), bottom, "50%");
        for (int nines = 1; nines < decades_ - 0.2; ++nines) {
            const double share = 1 - std::pow(10, -nines);
            append_tick(svg, (*this)(share), bottom,
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
void append_staircase(std::string& svg, const Histogram& times, const PercentileAxis& x,
                      const Scale& y) {
    constexpr double visible = 0.7;
    const auto total = static_cast<double>(times.count());
    double drawn_x = left;
    double drawn_y = y(number(*times.min()));
    append(svg, R"(<path class="line" d="M{:.1f} {:.1f})", drawn_x, drawn_y);
    std::uint64_t so_far = 0;
    for (const Histogram::Bucket& bucket : times.buckets()) {
        so_far += bucket.count;
        const bool last = so_far == times.count();
        const double next_x = x(static_cast<double>(so_far) / total);
        const double next_y = y(number(last ? *times.max() : bucket.low));
        if (!last && next_x - drawn_x < visible && drawn_y - next_y < visible)
            continue;
        append(svg, "V{:.1f}H{:.1f}", next_y, next_x);
        drawn_x = next_x;
        drawn_y = next_y;
    }
    svg += "\"/>\n";
}

// The line rises to the right, so there is room for a label below it on that side, except at the
// edges.
void append_mark(std::string& svg, double x, double y, std::string_view label) {
    constexpr double longest_label = 96;
    const bool ends = x > right - longest_label;
    const bool above = ends || y > bottom - 22;
    append(svg, R"(<circle class="mark" cx="{:.1f}" cy="{:.1f}" r="3.5"/>)", x, y);
    append(svg,
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
void append_row(std::string& svg, const Timeline& timeline, const Scale& x, double y,
                std::string_view name, std::uint64_t Timeline::Span::*count,
                std::string_view shape) {
    append(svg,
           R"(<text class="tick {}" x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>)"
           "\n",
           name, left - 8, y + 4, name);
    const double width = number(timeline.width());
    for (std::size_t i = 0; i < timeline.spans().size(); ++i) {
        const std::uint64_t here = timeline.spans()[i].*count;
        if (here == 0)
            continue;
        const double at = (static_cast<double>(i) + 0.5) * width;
        append(svg,
               R"(<path class="{}" d="M{:.1f} {:.1f}{}"><title>{} {} at {}</title></path>)"
               "\n",
               name, x(at), y, shape, here, name, short_time(at));
    }
}

void append_spans(std::string& svg, const Timeline& timeline, const Scale& x, const Scale& y) {
    const double width = number(timeline.width());
    for (std::size_t i = 0; i < timeline.spans().size(); ++i) {
        const Timeline::Span& span = timeline.spans()[i];
        if (span.count == 0)
            continue;
        const double from = x(static_cast<double>(i) * width);
        const double wide = std::max(2.0, x(static_cast<double>(i + 1) * width) - from - 0.4);
        const double longest = y(number(span.longest));
        const double mean = span.sum_ns / static_cast<double>(span.count);
        append(
            svg,
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
    double min_mean = 1;
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
        extent.min_mean = extent.count == 0 ? mean : std::min(extent.min_mean, mean);
        extent.longest = std::max(extent.longest, number(span.longest));
        extent.count += span.count;
    }
    return extent;
}

using stats::Measurement;
using stats::Summary;

std::string shown(const Time& time) {
    return time ? short_time(static_cast<double>(time->count())) : "–";
}

// A delay between two clocks may be negative, and so may a difference.
std::string signed_time(const Time& time) {
    return time && time->count() < 0 ? "−" + shown(-*time) : shown(time);
}

void append_verdicts(std::string& html, const MeasurementReport& report) {
    if (report.verdicts.empty())
        return;
    html +=
        "<h3>Assertions</h3>\n<table>\n<tr><th scope=\"col\" class=\"text\">bound</th>"
        "<th scope=\"col\">measured</th><th scope=\"col\">verdict</th></tr>\n";
    for (const Verdict& verdict : report.verdicts)
        append(html, "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"{}\">{}</td></tr>\n",
               escape_html(verdict.expression), escape_html(verdict.shown),
               verdict.ok ? "good" : "bad", verdict.ok ? "✓ ok" : "✗ BROKEN");
    html += "</table>\n";
}

void append_found_rate(std::string& html, const MeasurementReport& report) {
    if (!report.found_rate)
        return;
    std::string answer = to_text(*report.found_rate);
    answer.pop_back();  // its newline
    append(html,
           "<h3>Search for the highest rate</h3>\n<p>{}</p>\n<table>\n"
           "<tr><th scope=\"col\">messages per second</th><th scope=\"col\" class=\"text\">outcome"
           "</th><th scope=\"col\" class=\"text\">measured</th></tr>\n",
           escape_html(answer));
    for (const RateStep& step : report.found_rate->steps) {
        std::string measured;
        for (const Verdict& verdict : step.verdicts)
            measured += fmt::format("{}{} ({})", measured.empty() ? "" : ", ", verdict.expression,
                                    verdict.shown);
        append(html,
               "<tr><th scope=\"row\">{:.{}f}</th><td class=\"{}\">{}</td>"
               "<td class=\"text\">{}</td></tr>\n",
               step.rate_per_s, step.rate_per_s < 10 ? 2 : 0, step.kept ? "good" : "bad",
               outcome_of(step), escape_html(measured));
    }
    html += "</table>\n";
}

void append_counts(std::string& html, const MeasurementReport& report) {
    const Measurement& numbers = report.numbers;
    struct Count {
        std::string_view name;
        std::uint64_t value;
        bool shown = true;
        bool is_bad = true;
    };
    const bool datagrams = report.datagrams;
    const bool in_order = datagrams && numbers.distinguishable;
    const Count counts[] = {{"sent", numbers.sent, true, false},
                            {"received", numbers.received, true, false},
                            {"lost", numbers.lost},
                            {"pending", numbers.pending, true, false},
                            {"not sent", numbers.unsent},
                            {datagrams ? "corrupted" : "mismatched", numbers.mismatched},
                            {"surplus bytes", numbers.surplus_bytes, !datagrams},
                            {"late", numbers.late, numbers.distinguishable},
                            {"duplicated", numbers.duplicated, in_order},
                            {"reordered", numbers.reordered, in_order},
                            {"misdirected", numbers.misdirected, datagrams},
                            {"foreign", numbers.foreign, datagrams}};
    std::string names;
    std::string values;
    for (const Count& count : counts) {
        if (!count.shown)
            continue;
        append(names, "<th scope=\"col\">{}</th>", count.name);
        append(values, "<td{}>{}</td>", count.is_bad && count.value > 0 ? " class=\"bad\"" : "",
               count.value);
    }
    append(
        html,
        "<h3>Counts</h3>\n<div class=\"wide\"><table>\n<tr>{}</tr>\n<tr>{}</tr>\n</table></div>\n"
        "<p>Loss {:.3g}%, {:.1f} replies per second in {:.3f} s.</p>\n",
        names, values, numbers.loss() * 100, numbers.rate_per_s(),
        std::chrono::duration<double>(numbers.duration).count());
    if (!numbers.distinguishable)
        append(html, "<p class=\"warn\">{}.</p>\n", not_distinguishable);
    if (report.datagrams && numbers.lost > 0)
        append(html, "<p>Lost: {}.</p>\n", places_of_loss(numbers));
    if (numbers.missed_slots > 0)
        append(html, "<p>{} of the schedule missed.</p>\n", counted(numbers.missed_slots, "slot"));
    for (const auto& [responder, count] : report.responders)
        append(html, "<p>{} from {}.</p>\n", counted(count, "reply", "replies"),
               escape_html(responder));
}

void append_times_row(std::string& html, std::string_view name, const Summary& summary) {
    if (summary.count == 0)
        return;
    append(html, "<tr><th scope=\"row\">{}</th>", name);
    for (const TimeFigure& figure : time_figures)
        append(html, "<td>{}</td>",
               signed_time(carries_percentile(summary.count, figure.share) ? summary.*figure.time
                                                                           : std::nullopt));
    append(html, "<td>{}</td></tr>\n", signed_time(summary.median));
}

void append_times_head(std::string& html) {
    html += "<div class=\"wide\"><table>\n<tr><th scope=\"col\"></th>";
    for (const TimeFigure& figure : time_figures)
        append(html, "<th scope=\"col\">{}</th>", figure.text);
    html += "<th scope=\"col\">median</th></tr>\n";
}

void append_under_load(std::string& html, const MeasurementReport& report, std::size_t index) {
    if (!report.under_load)
        return;
    const UnderLoad& load = *report.under_load;
    const AddedDelay added = added_delay(load, report);
    html += "<h3>Latency under load</h3>\n";
    append_times_head(html);
    append_times_row(html, "idle", load.idle.numbers.rtt.summary());
    append_times_row(html, "loaded", report.numbers.rtt.summary());
    if (load.idle_after)
        append_times_row(html, "idle after", load.idle_after->numbers.rtt.summary());
    append_times_row(html, "added", added.round_trip);
    if (added.forward)
        append_times_row(html, "added forward", *added.forward);
    if (added.backward)
        append_times_row(html, "added backward", *added.backward);
    append(html, "</table></div>\n<p>Load: {}, {:.6g} MB/s each way.",
           counted(load.flows, "TCP flow"), load.bytes_per_s / 1e6);
    if (const auto trips = round_trips_per_minute(report))
        append(html, " {:.0f} round trips a minute under load.", *trips);
    html += "</p>\n";
    if (load.broken > 0)
        append(html, "<p class=\"warn\">{} ended early: {}.</p>\n", counted(load.broken, "flow"),
               escape_html(load.reason));
    const auto append_course = [&](std::string_view name, std::string_view id,
                                   const Measurement& numbers) {
        append(html, "<h3>{}</h3>\n{}", name,
               course_picture(numbers.timeline, numbers.duration, fmt::format("{}-{}", id, index)));
    };
    append_course("Idle", "idle", load.idle.numbers);
    if (load.idle_after)
        append_course("Idle after the load", "after", load.idle_after->numbers);
}

void append_times(std::string& html, const MeasurementReport& report) {
    const Measurement& numbers = report.numbers;
    html += "<h3>Times</h3>\n";
    append_times_head(html);
    append_times_row(html, "round trip", numbers.rtt.summary());
    append_times_row(html, "connect", numbers.connect.summary());
    append_times_row(html, "lateness", numbers.slip.summary());
    append_times_row(html, "left unread", numbers.unread.summary());
    html += "</table></div>\n";
    if (report.datagrams && numbers.jitter.value())
        append(html, "<p>Jitter (RFC 3550): {}, mean variation {}.</p>\n",
               shown(numbers.jitter.value()), shown(numbers.jitter.mean_variation()));
    if (const auto share = numbers.own_share())
        append(html,
               "<p>On average {} is spent in this host's own stack, {:.1f}% of the time that a "
               "program sees.</p>\n",
               shown(numbers.own_time.summary().mean), *share * 100);
    if (const stats::KernelView& kernel = numbers.kernel; kernel.connections > 0)
        append(html,
               "<p>The kernel's view of {}: round trips from {}, {}, a congestion window of {:.1f} "
               "segments and a delivery rate of {:.1f} MB/s on average.</p>\n",
               counted(kernel.connections, "connection"), shown(kernel.min_rtt),
               counted(kernel.retransmits, "retransmit"), kernel.congestion_window.mean(),
               kernel.delivery_rate.mean() / 1e6);
    if (numbers.is_client_late())
        append(html, "<p class=\"warn\">Warning: {}.</p>\n", client_late);
}

void append_way(std::string& html, std::string_view name, const stats::Way& way) {
    const Summary delay = way.delay.summary();
    append(html, "<tr><th scope=\"row\">{}</th><td{}>{}</td>", name,
           way.lost.value_or(0) > 0 ? " class=\"bad\"" : "",
           way.lost ? std::to_string(*way.lost) : "unknown");
    for (const Time& time : {delay.min, delay.mean, delay.max, delay.deviation})
        append(html, "<td>{}</td>", signed_time(time));
    append(html, "<td>{}</td></tr>\n", shown(way.variation.value()));
}

void append_directions(std::string& html, const MeasurementReport& report) {
    const auto& ways = report.numbers.directions;
    if (!ways || ways->forward.delay.count() == 0)
        return;
    html +=
        "<h3>Each direction</h3>\n<div class=\"wide\"><table class=\"ways\">\n"
        "<tr><th scope=\"col\"></th>";
    for (const char* name : {"lost", "delay min", "mean", "max", "stddev", "variation"})
        append(html, "<th scope=\"col\">{}</th>", name);
    html += "</tr>\n";
    append_way(html, "forward", ways->forward);
    append_way(html, "backward", ways->backward);
    append(html,
           "</table></div>\n<p>The reflector took {} on average between arrival and sending.</p>\n"
           "<p{}>{}; one-way delays may be wrong by {}.</p>\n",
           shown(ways->processing.summary().mean), ways->synchronized ? "" : " class=\"warn\"",
           ways->synchronized ? "Both clocks are synchronized"
                              : "The clocks are not both synchronized",
           shown(ways->clock_error));
    std::istringstream lines(reflector_to_text(*ways));
    for (std::string line; std::getline(lines, line);)
        append(html, "<p{}>{}</p>\n", line.starts_with("warning") ? " class=\"warn\"" : "",
               escape_html(line));
}

void append_ecn(std::string& html, const MeasurementReport& report) {
    std::istringstream lines(ecn_to_text(report.numbers));
    for (std::string line; std::getline(lines, line);)
        append(html, "<p>{}</p>\n", line);
}

void append_source_ports(std::string& html, const MeasurementReport& report) {
    const stats::SourcePorts& ports = report.numbers.by_source_port;
    if (ports.size() < 2)
        return;
    html += "<h3>Source ports</h3>\n";
    std::string rows;
    const auto verdicts = stats::judge(ports);
    auto verdict = verdicts.begin();
    for (const auto& [port, numbers] : ports) {
        if (verdict->is_suspect)
            append(html, "<p class=\"bad\">Suspect: {}.</p>\n",
                   suspicion_to_text(port, numbers, *verdict));
        append(rows, "<tr><th scope=\"row\">{}</th><td>{}</td><td{}>{}</td><td>{}</td></tr>\n",
               port, numbers.sent, verdict->is_suspect ? " class=\"bad\"" : "", numbers.lost,
               shown(numbers.rtt.summary().p50));
        ++verdict;
    }
    append(html, "<details><summary>Each of {}</summary>\n<table>\n<tr>",
           counted(ports.size(), "port"));
    for (const char* name : {"port", "sent", "lost", "p50"})
        append(html, "<th scope=\"col\">{}</th>", name);
    append(html, "</tr>\n{}</table></details>\n", rows);
}

void append_pictures(std::string& html, const MeasurementReport& report, std::size_t index) {
    const Measurement& numbers = report.numbers;
    const std::string times =
        percentile_picture(numbers.rtt.histogram(), fmt::format("percentiles-{}", index));
    const std::string course =
        course_picture(numbers.timeline, numbers.duration, fmt::format("course-{}", index));
    html += "<h3>Round-trip times by percentile</h3>\n";
    html +=
        times.empty() ? "<p>No reply came back in time: there is nothing to draw.</p>\n" : times;
    if (!course.empty())
        html += "<h3>Over the run</h3>\n" + course;
}

void append_errors(std::string& html, const MeasurementReport& report) {
    if (report.errors.empty())
        return;
    html +=
        "<h3>Errors</h3>\n<table>\n<tr><th scope=\"col\">times</th><th scope=\"col\" "
        "class=\"text\">what</th>"
        "</tr>\n";
    for (const auto& [error, count] : report.errors)
        append(html, "<tr><td>{}</td><td class=\"text\">{}</td></tr>\n", count,
               escape_html(to_text(error)));
    html += "</table>\n";
}

void append_parameters(std::string& html, const MeasurementReport& report) {
    html += "<h3>Parameters</h3>\n<table>\n";
    for (const auto& [name, value] : report.parameters)
        append(html, "<tr><th scope=\"row\">{}</th><td class=\"text\">{}</td></tr>\n",
               escape_html(name), escape_html(value));
    append(html, "<tr><th scope=\"row\">mode</th><td class=\"text\">{}</td></tr>\n</table>\n",
           report.numbers.open_loop ? "open loop: times from the scheduled send"
                                    : "closed loop: times from the actual send");
}

void append_section(std::string& html, const MeasurementReport& report, std::size_t index) {
    append(html, "<section>\n<h2>{}</h2>\n", escape_html(report.target));
    if (!report.failure.empty()) {
        append(html, "<p class=\"bad\">Not measured: {}</p>\n</section>\n",
               escape_html(report.failure));
        return;
    }
    append_verdicts(html, report);
    append_found_rate(html, report);
    append_under_load(html, report, index);
    append_counts(html, report);
    append_times(html, report);
    append_directions(html, report);
    append_ecn(html, report);
    append_source_ports(html, report);
    append_pictures(html, report, index);
    append_errors(html, report);
    append_parameters(html, report);
    html += "</section>\n";
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
    append_times(svg, y);
    x.append_ticks(svg);
    append_title(svg, bottom, "percentile");
    append_staircase(svg, times, x, y);
    for (const Named& one : named) {
        const double value = number(*times.quantile(one.share));
        if (x.has_room(one.share) && static_cast<double>(times.count()) * (1 - one.share) > 0.99)
            append_mark(svg, x(one.share), y(value),
                        fmt::format("{} {}", one.name, short_time(value)));
    }
    append_mark(svg, right, y(longest), fmt::format("max {}", short_time(longest)));
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
    const Scale y = Scale::fitting(extent.min_mean, extent.longest, bottom, top);
    const int rows = (extent.lost > 0 ? 1 : 0) + (extent.late > 0 ? 1 : 0);
    const double base = bottom + rows * row_height;
    std::string svg =
        open_picture(id, base + axis_height, "Round-trip times over the run",
                     fmt::format("{}, {} lost, {} late, in spans of {}.",
                                 counted(extent.count, "reply", "replies"), extent.lost,
                                 extent.late, short_time(number(timeline.width()))));
    append_times(svg, y);
    for (const double tick : x.ticks())
        append_tick(svg, x(tick), base, short_time(tick));
    append_title(svg, base,
                 fmt::format("since the start; bars: longest, lines: mean of {}",
                             short_time(number(timeline.width()))));
    append_spans(svg, timeline, x, y);
    double row = bottom + row_height / 2 + 2;
    if (extent.lost > 0) {
        append_row(svg, timeline, x, row, "lost", &Timeline::Span::lost,
                   "m-3.5 -3.5l7 7m0 -7l-7 7");
        row += row_height;
    }
    if (extent.late > 0)
        append_row(svg, timeline, x, row, "late", &Timeline::Span::late, "m0 -4.5l4.5 8h-9z");
    return svg + "</svg>\n";
}

std::string to_html_section(const MeasurementReport& report, std::size_t index) {
    std::string html;
    append_section(html, report, index);
    return html;
}

std::string to_html(std::span<const MeasurementReport> reports) {
    std::string targets;
    for (const MeasurementReport& report : reports)
        targets += (targets.empty() ? "" : ", ") + report.target;
    const std::string tool = reports.empty() ? "" : reports.front().tool;
    std::string html = open_page(fmt::format("{}: {}", tool, targets));
    append(html, "<h1>{}: round trips measured</h1>\n", escape_html(tool));
    for (std::size_t i = 0; i < reports.size(); ++i)
        append_section(html, reports[i], i);
    return html + std::string(page_end);
}

}  // namespace sockbox::report
