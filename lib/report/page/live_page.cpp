// Rows of servers with small pictures.
#include "report/page/live_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>

#include "report/counted.h"
#include "report/page/html.h"
#include "report/page/html_page.h"
#include "report/scale.h"

namespace sockbox::report {
namespace {

template <class... Values>
void append(std::string& markup, fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(markup), format, std::forward<Values>(values)...);
}

std::string shown(const std::optional<std::chrono::nanoseconds>& time) {
    return time ? short_time(static_cast<double>(time->count())) : "–";
}

// A line of the mean times, and marks below it where messages were lost.
std::string small_picture(const stats::Timeline& timeline) {
    constexpr double width = 160;
    constexpr double height = 24;
    const auto spans = timeline.spans();
    double longest = 1;
    for (const auto& span : spans)
        if (span.count > 0)
            longest = std::max(longest, span.sum_ns / static_cast<double>(span.count));
    std::string svg = fmt::format(
        R"(<svg viewBox="0 0 {:.0f} {:.0f}" width="{:.0f}" height="{:.0f}" role="img" aria-label="times over the run, up to {}"><path class="line" d=")",
        width, height + 4, width, height + 4, short_time(longest));
    const double step = width / static_cast<double>(std::max<std::size_t>(spans.size(), 1));
    bool is_drawing = false;
    std::string losses;
    for (std::size_t i = 0; i < spans.size(); ++i) {
        const double x = (static_cast<double>(i) + 0.5) * step;
        if (spans[i].lost > 0)
            append(losses, "M{:.1f} {:.0f}v4", x, height);
        if (spans[i].count == 0) {
            is_drawing = false;
            continue;
        }
        const double mean = spans[i].sum_ns / static_cast<double>(spans[i].count);
        append(svg, "{}{:.1f} {:.1f}", is_drawing ? 'L' : 'M', x,
               height - 1 - mean / longest * (height - 2));
        if (!is_drawing)
            svg += "h.1";
        is_drawing = true;
    }
    return svg + R"("/><path class="lost" d=")" + losses + "\"/></svg>";
}

std::string state_of(const MeasurementReport& report) {
    if (report.numbers.outages.is_up())
        return R"(<td class="good">up</td>)";
    if (report.numbers.outages.down_since())
        return R"(<td class="bad">down</td>)";
    return fmt::format("<td>{}</td>", to_text(report.phase));
}

std::string row_of(const MeasurementReport& report) {
    const stats::Measurement& numbers = report.numbers;
    const stats::Summary rtt = numbers.rtt.summary();
    std::string labels;
    for (const auto& [name, value] : report.labels)
        append(labels, "{}{}={}", labels.empty() ? "" : ", ", name, value);
    std::string html = fmt::format("<tr><th scope=\"row\">{}</th>{}", escape_html(report.target),
                                   state_of(report));
    append(html, "<td{}>{:.3g}%</td>", numbers.lost > 0 ? " class=\"bad\"" : "",
           numbers.loss() * 100);
    for (const auto& time : {rtt.p50, rtt.p99, rtt.max})
        append(html, "<td>{}</td>", shown(time));
    const auto longest = numbers.outages.longest(numbers.duration);
    append(html, "<td>{}</td><td>{}</td><td class=\"picture\">{}</td>",
           longest.count() > 0 ? shown(longest) : "–", numbers.sent,
           small_picture(numbers.timeline));
    append(html, "<td class=\"text\">{}</td><td class=\"text\">{}</td></tr>\n",
           escape_html(report.address), escape_html(labels));
    return html;
}

}  // namespace

void LivePage::add(const MeasurementReport& report, std::size_t index) {
    const stats::Measurement& numbers = report.numbers;
    const auto slowness = numbers.rtt.summary().p99.value_or(std::chrono::nanoseconds(0));
    const bool is_down = numbers.outages.down_since().has_value();
    down_ += is_down ? 1 : 0;
    rows_.push_back(
        {!is_down, numbers.loss(), static_cast<double>(slowness.count()), row_of(report)});
    if (index < max_sections)
        sections_ += to_html_section(report, index);
}

std::string LivePage::finish() {
    std::ranges::stable_sort(rows_, [](const Row& one, const Row& other) {
        return std::tuple(one.is_up, -one.loss, -one.slowness_ns) <
               std::tuple(other.is_up, -other.loss, -other.slowness_ns);
    });
    std::string html = open_live_page(
        fmt::format("{}: {} down", tool_, counted(down_, "server")),
        fmt::format("{}: {}, {} down", tool_, counted(rows_.size(), "server"), down_));
    html += "<div class=\"wide\"><table>\n<tr><th scope=\"col\" class=\"text\">server</th>";
    for (const char* name : {"state", "loss", "p50", "p99", "max", "longest outage", "sent"})
        append(html, "<th scope=\"col\">{}</th>", name);
    for (const char* name : {"over the run", "address", "labels"})
        append(html, "<th scope=\"col\" class=\"text\">{}</th>", name);
    html += "</tr>\n";
    const std::size_t count = std::min(rows_.size(), max_rows);
    for (std::size_t i = 0; i < count; ++i)
        html += rows_[i].html;
    html += "</table></div>\n";
    if (rows_.size() > count)
        append(html, "<p>{} more, which are no worse.</p>\n", rows_.size() - count);
    if (rows_.size() <= max_sections)
        html += sections_;
    return html + std::string(page_end);
}

}  // namespace sockbox::report
