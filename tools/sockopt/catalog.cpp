// Listing and explaining the rows of the option table.
#include "tools/sockopt/catalog.h"

#include <fmt/format.h>

#include "option/grant.h"
#include "option/table.h"
#include "system/host.h"
#include "text/text.h"
#include "tools/sockopt/outcome_writer.h"

namespace sockbox::tools {
namespace {

using tools::to_json;

constexpr std::string_view tool = "sockopt";

// Whether a name matches a pattern with `*` and `?`, as in a shell.
bool fits(std::string_view pattern, std::string_view name) {
    if (pattern.empty())
        return name.empty();
    if (pattern[0] == '*')
        return fits(pattern.substr(1), name) || (!name.empty() && fits(pattern, name.substr(1)));
    return !name.empty() && (pattern[0] == '?' || pattern[0] == name[0]) &&
           fits(pattern.substr(1), name.substr(1));
}

// Limits the number of stars, because each one multiplies the work.
bool sensible(std::string_view pattern) {
    return std::count(pattern.begin(), pattern.end(), '*') <= 4;
}

std::string_view without_prefix(std::string_view name) {
    return name.substr(name.find('_') + 1);
}

bool listed(const std::vector<std::string>& patterns, std::string_view name) {
    for (const std::string& pattern : patterns) {
        const std::string wanted = net::upper_case(pattern);
        const bool glob = wanted.find_first_of("*?") != wanted.npos;
        if (glob ? sensible(wanted) && (fits(wanted, name) || fits(wanted, without_prefix(name)))
                 : name.find(wanted) != name.npos)
            return true;
    }
    return patterns.empty();
}

std::string numbers(const net::OptionRow& row) {
    std::string text;
    if (row.on_linux != net::absent)
        text = fmt::format("{} (Linux)", row.on_linux);
    if (row.on_windows != net::absent)
        text += fmt::format("{}0x{:x} (Windows)", text.empty() ? "" : ", ",
                            static_cast<unsigned>(row.on_windows));
    return text;
}

std::string sockets_to_text(const net::OptionRow& row) {
    if (row.sockets == net::kind_all)
        return row.level == net::OptionLevel::socket ? "all" : "all of its level";
    constexpr std::array<std::string_view, 8> names{"TCP",     "UDP",    "raw",   "UNIX",
                                                    "netlink", "packet", "other", "SCTP"};
    std::string text;
    for (std::size_t bit = 0; bit < names.size(); ++bit)
        if ((row.sockets >> bit & 1) != 0)
            text += fmt::format("{}{}", text.empty() ? "" : ", ", names[bit]);
    return text;
}

std::string limit_to_text(const net::OptionRow& row) {
    const auto value = net::read_sysctl(row.limit);
    return value ? fmt::format("{} = {}", row.limit, *value) : std::string(row.limit);
}

void add_line(std::string& text, std::string_view what, std::string_view value) {
    if (!value.empty())
        text += fmt::format("  {:<10} {}\n", what, value);
}

// Formats sentences as an indented paragraph within 80 columns, after an empty line.
std::string paragraph(std::string_view sentences) {
    constexpr std::size_t width = 76;
    if (sentences.empty())
        return {};
    std::string text;
    std::size_t column = width;
    for (const std::string_view word : net::split(sentences, " ")) {
        const bool fits = column + 1 + word.size() <= width;
        column = (fits ? column + 1 : 0) + word.size();
        text += fmt::format("{}{}", fits ? " " : "\n  ", word);
    }
    return text + '\n';
}

// Adds how a new TCP socket uses the buffer size; option -v prints this for any other socket.
void add_buffer_story(std::string& text, const net::OptionRow& row) {
    const auto socket = net::Socket::open(net::Family::ipv4, net::Transport::tcp);
    const auto kind = socket ? net::kind_of(*socket) : net::fail_text("");
    const net::Option option(row);
    const auto value = kind && is_buffer(row) ? read_option(*socket, option) : net::fail_text("");
    if (!value)
        return;
    std::string_view what = "new TCP";
    for (const std::string& line : buffer_story(*socket, *kind, option, *value))
        add_line(text, std::exchange(what, ""), line);
}

std::string list_line(const net::OptionRow& row) {
    return fmt::format(
        "{:<30} {:<15} {:<13} {:<11} {}\n", row.name, level_name(row.level), type_name(row.type),
        row.access == net::Access::clears_on_read ? "read once" : access_name(row.access),
        row.summary);
}

std::string explanation(const net::OptionRow& row) {
    std::string text = fmt::format("{}\n  {}\n\n", row.name, row.summary);
    add_line(text, "level", fmt::format("{} ({})", level_name(row.level), linux_level(row.level)));
    add_line(text, "number", numbers(row));
    add_line(text, "type", type_name(row.type));
    add_line(text, "unit", row.unit);
    add_line(text, "values", writable(row) ? legal_values(row) : std::string());
    add_line(text, "access", access_name(row.access));
    add_line(text, "sockets", sockets_to_text(row));
    add_line(text, "platforms", platforms(row));
    if (!row.limit.empty())
        add_line(text, "limit", limit_to_text(row));
    add_buffer_story(text, row);
    add_line(text, "privilege", row.privilege);
    add_line(text, "grants", row.grant_note);
    add_line(text, "manual", row.source);
    return text + paragraph(row.warning);
}

report::Json to_json(const net::OptionRow& row) {
    const auto number = [](int n) { return n == net::absent ? report::Json() : report::Json(n); };
    const auto text = [](std::string_view t) {
        return t.empty() ? report::Json() : report::Json(t);
    };
    return report::event(tool, "option")
        .set("name", row.name)
        .set("level", level_name(row.level))
        .set("linux_number", number(row.on_linux))
        .set("windows_number", number(row.on_windows))
        .set("type", type_name(row.type))
        .set("unit", unit_to_json(row))
        .set("values", text(legal_values(row)))
        .set("access", access_name(row.access))
        .set("sockets", sockets_to_text(row))
        .set("platforms", platforms(row))
        .set("limit", text(row.limit))
        .set("privilege", text(row.privilege))
        .set("source", row.source)
        .set("says", row.summary)
        .set("beware", text(row.warning));
}

void write(const net::OptionRow& row, bool json, const std::string& text, Io io) {
    if (json)
        io.out.print("{}\n", to_json(row).to_string());
    else
        io.out.write(text);
}

}  // namespace

int list_options(const std::vector<std::string>& patterns, bool json, Io io, const Cli& cli) {
    bool any = false;
    for (const net::OptionRow& row : net::all_options()) {
        if (!listed(patterns, row.name))
            continue;
        write(row, json, list_line(row), io);
        any = true;
    }
    if (!any)
        return cli.refuse(io, fmt::format("no option matches '{}'", net::escape(patterns[0])));
    return finish(io, tool, exit_ok);
}

int explain_options(const std::vector<std::string>& names, bool json, Io io, const Cli& cli) {
    if (names.empty())
        return cli.refuse(io, "--explain: missing NAME of an option");
    std::vector<const net::OptionRow*> rows;
    for (const std::string& name : names) {
        const auto option = net::Option::find(name);
        if (!option)
            return cli.refuse(io, option.error().message());
        if (option->row().name.empty())
            return cli.refuse(
                io, fmt::format("no option with the numbers {} is known", net::escape(name)));
        rows.push_back(&option->row());
    }
    for (const net::OptionRow* row : rows) {
        if (row != rows.front() && !json)
            io.out.write("\n");
        write(*row, json, explanation(*row), io);
    }
    return finish(io, tool, exit_ok);
}

}  // namespace sockbox::tools
