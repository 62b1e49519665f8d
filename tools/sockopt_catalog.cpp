// Listing and explaining the rows of the option table.
#include "tools/sockopt_catalog.h"

#include <fmt/format.h>

#include "net/escape.h"
#include "net/option_name.h"
#include "net/text.h"
#include "tools/sockopt_report.h"

namespace sockbox::tools {
namespace {

constexpr std::string_view tool = "sockopt";

// `*` and `?` as in a shell.
bool fits(std::string_view pattern, std::string_view name) {
    if (pattern.empty())
        return name.empty();
    if (pattern[0] == '*')
        return fits(pattern.substr(1), name) || (!name.empty() && fits(pattern, name.substr(1)));
    return !name.empty() && (pattern[0] == '?' || pattern[0] == name[0]) &&
           fits(pattern.substr(1), name.substr(1));
}

// Of a pattern only so many stars make sense; each more multiplies the work.
bool sensible(std::string_view pattern) {
    return std::count(pattern.begin(), pattern.end(), '*') <= 4;
}

bool listed(const std::vector<std::string>& patterns, std::string_view name) {
    for (const std::string& pattern : patterns) {
        const std::string wanted = net::upper_case(pattern);
        const bool glob = wanted.find_first_of("*?") != wanted.npos;
        if (glob ? sensible(wanted) && fits(wanted, name) : name.find(wanted) != name.npos)
            return true;
    }
    return patterns.empty();
}

void tell(const net::OptionRow& row, bool json, const std::string& text, Io io) {
    if (json)
        io.out.print("{}\n", json_of(row).set("tool", tool).set("event", "option").to_string());
    else
        io.out.write(text);
}

}  // namespace

int list_options(const std::vector<std::string>& patterns, bool json, Io io, const Cli& cli) {
    bool any = false;
    for (const net::OptionRow& row : net::all_options()) {
        if (!listed(patterns, row.name))
            continue;
        tell(row, json, list_line(row), io);
        any = true;
    }
    if (!any)
        return cli.refuse(io, fmt::format("no option fits '{}'", net::escape(patterns[0])));
    return finish(io, tool, exit_ok);
}

int explain_options(const std::vector<std::string>& names, bool json, Io io, const Cli& cli) {
    if (names.empty())
        return cli.refuse(io, "--explain: lacks the NAME of an option");
    std::vector<const net::OptionRow*> rows;
    for (const std::string& name : names) {
        const auto row = net::find_row(name);
        if (!row)
            return cli.refuse(io, row.error().message());
        rows.push_back(*row);
    }
    for (const net::OptionRow* row : rows) {
        if (row != rows.front() && !json)
            io.out.write("\n");
        tell(*row, json, explanation(*row), io);
    }
    return finish(io, tool, exit_ok);
}

}  // namespace sockbox::tools
