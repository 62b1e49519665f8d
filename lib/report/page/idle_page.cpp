// Shows the silences in the order of their lengths.
#include "report/page/idle_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/page/html_page.h"
#include "text/units.h"

namespace sockbox::report {

std::string to_html(const IdlePage& page) {
    std::string html = open_page(fmt::format("{}: idle timeout to {}", page.tool, page.target));
    html += fmt::format("<h1>{}: idle timeout</h1>\n<section>\n", escape_html(page.tool));
    for (const std::string& line : page.answer)
        html += fmt::format("<{0}>{1}</{0}>\n", &line == &page.answer.front() ? "h2" : "p",
                            escape_html(line));
    auto silences = page.silences;
    std::ranges::stable_sort(silences, {}, &IdlePage::Silence::length);
    html +=
        "<h3>Silences</h3>\n<table>\n<tr><th scope=\"col\">silence</th><th scope=\"col\">round</th>"
        "<th scope=\"col\" class=\"text\">outcome</th></tr>\n";
    for (const IdlePage::Silence& silence : silences)
        html += fmt::format(
            "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"text {}\">{}</td></tr>\n",
            net::format_span(silence.length), silence.round, silence.survived ? "good" : "bad",
            escape_html(silence.outcome));
    html += "</table>\n<h3>Parameters</h3>\n<table>\n";
    for (const auto& [name, value] : page.parameters)
        html += fmt::format("<tr><th scope=\"row\">{}</th><td class=\"text\">{}</td></tr>\n",
                            escape_html(name), escape_html(value));
    return html + "</table>\n</section>\n" + std::string(page_end);
}

}  // namespace sockbox::report
