// sockopt: get, set and explain socket options, also on the sockets of other processes.
#include <algorithm>
#include <set>

#include "inspect/process.h"
#include "option/candidates.h"
#include "system/host.h"
#include "tools/sockopt/catalog.h"
#include "tools/sockopt/search.h"
#include "tools/sockopt/socket_job.h"
#include "tools/sockopt/watch.h"

namespace sockbox::tools {
namespace {

constexpr std::string_view tool = "sockopt";

// With `by_name`, each name once; otherwise the process IDs, with the names as descriptions.
Completion complete_process(bool by_name) {
    Completion completion;
    std::set<std::string> names;
    for (const int pid : net::process_ids().value_or(std::vector<int>())) {
        const std::string name = net::process_name(pid);
        if (by_name && !name.empty() && names.insert(name).second)
            completion.words.push_back({name});
        else if (!by_name)
            completion.words.push_back({std::to_string(pid), name});
    }
    return completion;
}

// NAME, of an option on any platform, or NAME=VALUE.
Completion complete_request(Args /*before*/, std::string_view typed) {
    if (typed.find('=') != typed.npos)
        return complete_by(net::setting_candidates)(typed);
    return {Completion::Kind::parts, net::option_candidates()};
}

using Settings = SockoptSettings;

void declare(Cli& cli, Settings& settings) {
    Selection& selection = settings.selection;
    cli.group("Socket");
    cli.option("--type", "TYPE",
               "a new socket: tcp, udp, unix, unix-dgram, raw, mptcp or sctp (default tcp)",
               take_choice(selection.type, socket_type_names()));
    cli.option("--fd", "N", "an inherited descriptor; with --pid, one of that process",
               take_integer(selection.descriptor, 0, INT_MAX));
    cli.option("--pid", "PID", "the sockets of a running process",
               take_integer(selection.pid, 1, INT_MAX))
        .completed_by([](std::string_view) { return complete_process(false); });
    cli.option("--process", "NAME", "the sockets of all processes with this name",
               take_text(selection.process))
        .completed_by([](std::string_view) { return complete_process(true); });
    cli.option("--port", "PORT", "the sockets with this local port",
               take_port_of_either(selection.port));
    cli.flag("--listening", "the sockets that wait for peers", selection.listening);
    cli.option("--listen", "[ADDR:]PORT", "a new socket that listens there",
               take_text(selection.listen));
    cli.option("--connect", "HOST:PORT", "a new socket that is connected there",
               take_text(selection.connect));
    cli.group("Options and values");
    cli.flag("-n,--values", "values only, one per line, in the order given", settings.values);
    cli.flag("-a,--all", "also options that cannot be read, and why", settings.work.all);
    cli.flag("--diff", "only values that differ from those of a new socket", settings.work.diff);
    cli.flag("--story", "what the options mean together: timeouts, close, port, buffers, queues",
             settings.story);
    cli.optional("--watch", "DURATION",
                 "read again every DURATION (default 1s) and show what changes, comes and goes",
                 [&settings](std::string_view text) {
                     return take_duration(settings.interval)(text.empty() ? "1s" : text);
                 });
    cli.flag("--strict", "exit with status 3 if the value granted is not the requested one",
             settings.strict);
    cli.flag("--force", "set buffers beyond their limits (CAP_NET_ADMIN)", settings.work.force);
    cli.flag("--list", "list the known options, or those matching PATTERN", settings.list);
    cli.flag("--explain", "explain an option: level, type, range, limits, manual page",
             settings.explain);
    cli.common(settings.common);
    cli.operands(settings.words, 0, SIZE_MAX)
        .operands_completed_by(complete_request)
        .command_after_dashes();
    cli.example("sockopt SO_RCVBUF=1M TCP_KEEPIDLE=5m",
                "set options and show what the kernel grants");
    cli.example("sockopt --port 443 --listening nodelay reuseport",
                "show options of a running server");
    cli.example("sockopt --listen :8080 SO_REUSEPORT=on -- server",
                "pass a listening socket to a server");
}

// An error message if --list or --explain, which need no socket, would ignore another option.
std::string ignored_option(const Cli& cli, const Settings& settings) {
    for (const char* mode : {"list", "explain"}) {
        if (std::string mistake = cli.exclusion(
                mode, {"type", "fd", "pid", "process", "port", "listening", "listen", "connect",
                       "values", "all", "diff", "story", "watch", "strict", "force"});
            !mistake.empty())
            return mistake;
        if (cli.given(mode) && !settings.command.empty())
            return fmt::format("--{} and a COMMAND are mutually exclusive", mode);
    }
    return {};
}

// Reports a word that is not a valid request: a mistake, or an option of another platform.
int refuse_request(Io io, const Cli& cli, const net::Error& error) {
    if (is_mistake(error))
        return cli.refuse(io, error.message());
    print_error(io, tool, error);
    return status_of(error);
}

}  // namespace

int sockopt(Args args, Io io) {
    Settings settings;
    Cli cli(tool, "Get, set and explain socket options.",
            {"[SOCKET] [OPTION]... [NAME | NAME=VALUE | NAME*=N | NAME+=N]...",
             "[SOCKET] [OPTION]... [NAME=VALUE]... -- COMMAND...", "--list [PATTERN]...",
             "--explain NAME..."});
    declare(cli, settings);
    const auto dashes =
        asks_completion(args) ? args.end() : std::find(args.begin(), args.end(), "--");
    if (dashes != args.end())
        settings.command.assign(dashes + 1, args.end());
    if (const auto status = cli.parse({args.begin(), dashes}, io))
        return *status;
    if (dashes != args.end() && settings.command.empty())
        return cli.refuse(io, "missing COMMAND after --");
    if (settings.list && settings.explain)
        return cli.refuse(io, "--list and --explain are mutually exclusive");
    if (const std::string mistake = ignored_option(cli, settings); !mistake.empty())
        return cli.refuse(io, mistake);
    if (settings.story && settings.values)
        return cli.refuse(io, "--story and --values are mutually exclusive");
    settings.watch = cli.given("watch");
    if (!settings.common.json && !settings.values && !settings.watch)
        io.out.wrap_on_terminal();
    if (settings.list)
        return list_options(settings.words, settings.common.json, io, cli);
    if (settings.explain)
        return explain_options(settings.words, settings.common.json, io, cli);
    settings.selection.family = settings.common.family;
    settings.selection.typed = cli.given("type");
    settings.work.buffer_story = settings.common.verbose;
    settings.work.compare = !settings.values;
    if (const auto sound = check(settings.selection); !sound)
        return cli.refuse(io, sound.error().message());
    const bool several = settings.selection.searches();
    if (several && !settings.command.empty())
        return cli.refuse(io,
                          "a COMMAND takes one socket: select it with --fd, --listen or --connect");
    std::vector<net::Request> requests;
    for (const std::string& word : settings.words) {
        auto request = net::parse_request(word);
        if (!request)
            return refuse_request(io, cli, request.error());
        requests.push_back(std::move(*request));
    }
    if (settings.watch)
        if (const auto sound = check_watch(settings, requests); !sound)
            return cli.refuse(io, sound.error().message());
    if (settings.watch)
        return watch_sockets(settings, requests, io);
    return several ? on_matching_sockets(settings, requests, io)
                   : on_one_socket(settings, requests, io);
}

}  // namespace sockbox::tools
