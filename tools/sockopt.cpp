// sockopt: get, set and explain socket options, on a new or an inherited socket.
#include <fmt/format.h>

#include <array>

#include "net/escape.h"
#include "net/option_name.h"
#include "net/text.h"
#include "tools/cli.h"
#include "tools/sockopt_report.h"
#include "tools/sockopt_request.h"
#include "tools/sockopt_work.h"

namespace sockbox::tools {
namespace {

constexpr std::string_view tool = "sockopt";

struct SocketType {
    std::string_view name;
    int type;
    int protocol;
    bool inet;
};
constexpr std::array<SocketType, 7> socket_types{{{"tcp", SOCK_STREAM, 6, true},
                                                  {"udp", SOCK_DGRAM, 17, true},
                                                  {"unix", SOCK_STREAM, 0, false},
                                                  {"unix-dgram", SOCK_DGRAM, 0, false},
                                                  {"raw", SOCK_RAW, 1, true},
                                                  {"mptcp", SOCK_STREAM, 262, true},
                                                  {"sctp", SOCK_STREAM, 132, true}}};

struct Settings {
    Common common;
    bool values = false;
    bool list = false;
    bool explain = false;
    bool strict = false;
    WorkOptions work;
    std::size_t type = 0;
    std::optional<std::int64_t> descriptor;
    std::vector<std::string> words;
};

void declare(Cli& cli, Settings& settings) {
    std::vector<std::string> types;
    for (const SocketType& type : socket_types)
        types.emplace_back(type.name);
    cli.option("--type", "TYPE",
               "a new socket: tcp, udp, unix, unix-dgram, raw, mptcp or sctp (default tcp)",
               take_choice(settings.type, std::move(types)));
    cli.option("--fd", "N", "an inherited descriptor",
               take_integer(settings.descriptor, 0, INT_MAX));
    cli.flag("-n,--values", "values only, one a line, in the order asked", settings.values);
    cli.flag("-a,--all", "also what cannot be read on this socket, with the reason",
             settings.work.all);
    cli.flag("--strict", "exit status 3 where the value granted is not the value asked for",
             settings.strict);
    cli.flag("--force", "set buffers beyond their limits (CAP_NET_ADMIN)", settings.work.force);
    cli.flag("--list", "the options known here, those that fit PATTERN", settings.list);
    cli.flag("--explain", "what an option does: level, type, range, limits, manual page",
             settings.explain);
    cli.common(settings.common);
    cli.operands(settings.words, 0, SIZE_MAX);
    cli.example("sockopt tcp_nodelay rcvbuf", "two defaults of a new TCP socket");
    cli.example("sockopt SO_RCVBUF=1M TCP_KEEPIDLE=5m", "what the kernel makes of it");
    cli.example("sockopt --explain rcvbuf", "all about an option");
}

// `*` and `?` as in a shell; without them, a part of the name.
bool fits(std::string_view pattern, std::string_view name) {
    if (pattern.empty())
        return name.empty();
    if (pattern[0] == '*')
        return fits(pattern.substr(1), name) || (!name.empty() && fits(pattern, name.substr(1)));
    return !name.empty() && (pattern[0] == '?' || pattern[0] == name[0]) &&
           fits(pattern.substr(1), name.substr(1));
}

bool listed(const std::vector<std::string>& patterns, std::string_view name) {
    for (const std::string& pattern : patterns) {
        const std::string wanted = net::upper_case(pattern);
        const bool glob = wanted.find_first_of("*?") != wanted.npos;
        if (glob ? fits(wanted, name) : name.find(wanted) != name.npos)
            return true;
    }
    return patterns.empty();
}

void tell_row(const Settings& settings, Io io, const net::OptionRow& row) {
    if (settings.common.json)
        io.out.print("{}\n", json_of(row).set("tool", tool).set("event", "option").to_string());
    else
        io.out.write(settings.explain ? explanation(row) : list_line(row));
}

int list_options(const Settings& settings, Io io, const Cli& cli) {
    bool any = false;
    for (const net::OptionRow& row : net::all_options()) {
        if (!listed(settings.words, row.name))
            continue;
        tell_row(settings, io, row);
        any = true;
    }
    if (!any)
        return cli.refuse(io, fmt::format("no option fits '{}'", net::escape(settings.words[0])));
    return finish(io, tool, exit_ok);
}

int explain_options(const Settings& settings, Io io, const Cli& cli) {
    if (settings.words.empty())
        return cli.refuse(io, "--explain: lacks the NAME of an option");
    std::vector<const net::OptionRow*> rows;
    for (const std::string& word : settings.words) {
        const auto row = net::find_row(word);
        if (!row)
            return cli.refuse(io, row.error().message());
        rows.push_back(*row);
    }
    for (const net::OptionRow* row : rows) {
        if (row != rows.front() && !settings.common.json)
            io.out.write("\n");
        tell_row(settings, io, *row);
    }
    return finish(io, tool, exit_ok);
}

net::Result<net::Socket> open_socket(const Settings& settings) {
    if (settings.descriptor)
        return net::duplicate_inherited(static_cast<int>(*settings.descriptor));
    const SocketType& type = socket_types[settings.type];
    if (!type.inet)
        return net::Socket::open(AF_UNIX, type.type, type.protocol);
    constexpr int icmpv6 = 58;
    const bool ipv6 = settings.common.family == net::Family::ipv6;
    const int protocol = ipv6 && type.type == SOCK_RAW ? icmpv6 : type.protocol;
    auto socket = net::Socket::open(ipv6 ? AF_INET6 : AF_INET, type.type, protocol);
    if (socket)
        return socket;
    net::Error error = socket.error();
    error.subject = type.name;
    if (type.type == SOCK_RAW && error.code == std::errc::operation_not_permitted)
        error.hint = "a raw socket needs CAP_NET_RAW";
    return net::fail(std::move(error));
}

void tell(const Settings& settings, Io io, const net::SocketKind& kind,
          const std::vector<Outcome>& outcomes) {
    if (settings.common.json) {
        report::Json options = report::Json::array();
        for (const Outcome& outcome : outcomes)
            options.push(json_of(outcome));
        report::Json socket = json_of(kind);
        if (settings.descriptor)
            socket.set("fd", *settings.descriptor);
        io.out.print("{}\n", report::event(tool, "result")
                                 .set("socket", std::move(socket))
                                 .set("options", std::move(options))
                                 .to_string());
        return;
    }
    for (const Outcome& outcome : outcomes) {
        // Of what was asked by name the failures are on stderr already.
        if (settings.values)
            io.out.print("{}\n", value_text_of(outcome));
        else if (outcome.value || outcome.set || settings.work.all)
            io.out.print("{}\n", text_of(outcome));
    }
}

// A mistake of the user that only the socket's present value could show.
bool is_mistake(const net::Error& error) {
    return error.code == std::make_error_code(std::errc::invalid_argument);
}

// What a value that was set or could not be read puts on stderr, and what it makes of the status.
int remark_on(const Settings& settings, Io io, const Outcome& outcome) {
    if (!outcome.value && !outcome.set) {
        complain(io, tool, outcome.value.error());
        return is_mistake(outcome.value.error()) ? exit_usage : exit_refused;
    }
    if (!outcome.grant.hint.empty() && !settings.common.quiet)
        io.err.print("{}: hint: {}\n", tool, outcome.grant.hint);
    if (!settings.strict || outcome.grant.as_asked)
        return exit_ok;
    io.err.print("{}: {}\n", tool, text_of(outcome));
    return exit_refused;
}

// Carries the requests out in their order. The first set that is refused ends it: what follows may
// have been meant to build on it.
int carry_out_all(const Settings& settings, Io io, net::Socket& socket, const net::SocketKind& kind,
                  const std::vector<Request>& requests, std::vector<Outcome>& outcomes) {
    int status = exit_ok;
    for (const Request& request : requests) {
        outcomes.push_back(carry_out(socket, kind, request, settings.work));
        const Outcome& outcome = outcomes.back();
        status = std::max(status, remark_on(settings, io, outcome));
        const bool refused = request.action != Request::Action::read && !outcome.set;
        if (!refused)
            continue;
        if (&request != &requests.back())
            io.err.print("{}: {} was refused: what comes after it was left alone\n", tool,
                         request.option.name());
        break;
    }
    return status;
}

int work_on(const Settings& settings, Io io, const std::vector<Request>& requests) {
    auto socket = open_socket(settings);
    const auto kind = socket ? net::kind_of(*socket) : net::fail(socket.error());
    if (!kind) {
        complain(io, tool, kind.error());
        return finish(io, tool, exit_refused);
    }
    std::vector<Outcome> outcomes;
    int status = exit_ok;
    if (requests.empty())
        outcomes = dump(*socket, *kind, settings.work);
    else
        status = carry_out_all(settings, io, *socket, *kind, requests, outcomes);
    tell(settings, io, *kind, outcomes);
    return finish(io, tool, status);
}

// A word that cannot be a request: a mistake, or an option of another platform.
int refuse_request(Io io, const Cli& cli, const net::Error& error) {
    if (is_mistake(error))
        return cli.refuse(io, error.message());
    complain(io, tool, error);
    return exit_refused;
}

}  // namespace

int sockopt(Args args, Io io) {
    Settings settings;
    Cli cli(tool, "Gets, sets and explains socket options.",
            {"[SOCKET] [OPTION]... [NAME | NAME=VALUE | NAME*=N | NAME+=N]...",
             "--list [PATTERN]...", "--explain NAME..."});
    declare(cli, settings);
    if (const auto status = cli.parse(args, io))
        return *status;
    if (settings.list)
        return list_options(settings, io, cli);
    if (settings.explain)
        return explain_options(settings, io, cli);
    std::vector<Request> requests;
    for (const std::string& word : settings.words) {
        auto request = parse_request(word);
        if (!request)
            return refuse_request(io, cli, request.error());
        requests.push_back(std::move(*request));
    }
    return work_on(settings, io, requests);
}

}  // namespace sockbox::tools
