// Pages that need nothing else and run no scripts: their head and style.
#include "report/page/html_page.h"

#include <fmt/format.h>

#include <chrono>

#include "text/time.h"

namespace sockbox::report {
namespace {

constexpr std::string_view head = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
)";

constexpr std::string_view style = R"(<style>
:root { --page: #fff; --text: #1c2430; --quiet: #56616f; --line: #dfe4ea; --pale: #bcd2f0;
        --strong: #1d5fbf; --bad: #c01c1c; --warn: #9a5b00; --good: #17733a; }
@media (prefers-color-scheme: dark) {
:root { --page: #12161c; --text: #e6e9ee; --quiet: #9aa6b5; --line: #2b343f; --pale: #2c4a75;
        --strong: #7fb2ff; --bad: #ff7a7a; --warn: #ffb95c; --good: #63d68d; } }
body { margin: 0 auto; padding: 1.5rem; max-width: 60rem; background: var(--page);
       color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
h1, h2, h3 { line-height: 1.25; } h1 { font-size: 1.6rem; } h2 { font-size: 1.3rem; margin-top: 2.5rem; }
h3 { font-size: 1rem; margin: 1.8rem 0 .4rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--quiet); padding-bottom: .2rem; }
th, td { padding: .2rem .9rem .2rem 0; text-align: right; border-bottom: 1px solid var(--line); }
td { white-space: nowrap; }
th { font-weight: 600; } th[scope=row], th.text, td.text { text-align: left; }
.wide { overflow-x: auto; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
.good, .bad, .warn { font-weight: 600; }
svg.picture { display: block; width: 100%; height: auto; }
td.picture svg { display: block; }
.picture text { fill: var(--text); font: 12px system-ui, sans-serif; }
.picture .tick, .picture .axis { fill: var(--quiet); }
.picture .grid { stroke: var(--line); fill: none; }
.picture .line { stroke: var(--strong); stroke-width: 2; fill: none; }
.picture .longest { fill: var(--pale); }
.picture .mark { fill: var(--page); stroke: var(--strong); stroke-width: 2; }
.picture .value { font-weight: 600; }
.picture path.lost { stroke: var(--bad); stroke-width: 2; fill: none; }
.picture path.late { fill: var(--warn); }
.picture text.lost { fill: var(--bad); } .picture text.late { fill: var(--warn); }
</style>
)";

std::string start_page(std::string_view title, std::string_view more_head) {
    return fmt::format("{}{}<title>{}</title>\n{}</head>\n<body>\n", head, more_head,
                       escape_html(title), style);
}

}  // namespace

std::string escape_html(std::string_view text) {
    std::string safe;
    for (const char c : text)
        switch (c) {
            case '&': safe += "&amp;"; break;
            case '<': safe += "&lt;"; break;
            case '>': safe += "&gt;"; break;
            case '"': safe += "&quot;"; break;
            case '\'': safe += "&#39;"; break;
            default: safe += c;
        }
    return safe;
}

std::string open_page(std::string_view title) {
    return start_page(title, {});
}

std::string open_live_page(std::string_view title, std::string_view heading) {
    constexpr std::chrono::seconds refresh{5};
    return start_page(title, fmt::format("<meta http-equiv=\"refresh\" content=\"{}\">\n",
                                         refresh.count())) +
           fmt::format("<h1>{}</h1>\n<p>{}, loaded again every {} s.</p>\n", escape_html(heading),
                       net::format_utc(std::chrono::system_clock::now()), refresh.count());
}

}  // namespace sockbox::report
