// A row for each value, with its labels.
#include "report/page/metrics_page.h"

#include <fmt/format.h>

#include <cmath>

#include "report/page/html_page.h"

namespace sockbox::report {

std::string to_metrics_page(std::string_view title, std::span<const MetricFamily> families) {
    std::string html = open_live_page(title, title);
    html += "<div class=\"wide\"><table>\n";
    for (const MetricFamily& family : families)
        for (const MetricValue& value : family.values)
            html += fmt::format(
                "<tr><th scope=\"row\">{}</th><td class=\"text\">{}</td><td>{}</td></tr>\n",
                escape_html(family.help), escape_html(value.labels.text()),
                std::trunc(value.value) == value.value ? fmt::format("{:.0f}", value.value)
                                                       : fmt::format("{:.6g}", value.value));
    return html + "</table></div>\n" + std::string(page_end);
}

}  // namespace sockbox::report
