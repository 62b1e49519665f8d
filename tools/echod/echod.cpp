// echod: a concurrent TCP and UDP echo server.
#include <algorithm>
#include <cstdlib>

#include "net/interfaces.h"
#include "net/resolver.h"
#include "net/signals.h"
#include "option/conflict.h"
#include "option/grant.h"
#include "option/option.h"
#include "report/json.h"
#include "serve/confine/end_task.h"
#include "serve/systemd.h"
#include "system/host.h"
#include "system/processors.h"
#include "text/text.h"
#include "text/units.h"
#include "tools/echod/log.h"
#include "tools/echod/metrics.h"
#include "tools/echod/ready.h"
#include "tools/front/cli.h"
#include "tools/front/whole_file.h"
#include "tools/server/server.h"

namespace sockbox::tools {
namespace {

constexpr std::string_view tool = "echod";
constexpr std::uint16_t default_port = 3490;
constexpr std::int64_t max_allowed_workers = 4096;
constexpr std::int64_t max_connections = 1'000'000'000;

// How long the end waits for a terminal that was stopped, or a pipe that is full.
constexpr std::chrono::seconds output_patience{1};

struct EchodOptions {
    Common common;
    std::string port_name = std::to_string(default_port);
    std::uint16_t port = default_port;  // found by find_port()
    std::vector<std::string> bind;
    bool tcp = false;
    bool udp = false;
    std::string engine = "auto";
    std::optional<std::int64_t> workers;
    std::int64_t max_workers = 1024;
    std::int64_t backlog = 4096;
    std::int64_t max_connections = 0;
    std::int64_t max_per_client = 0;
    std::int64_t ipv6_prefix = 64;
    std::vector<net::Setting> settings;
    bool names_listeners = false;  // --port, --bind, --tcp or --udp was given
    std::string port_file;
    std::size_t log_format = 0;
    MetricsOption metrics;
    Confinement confinement;
    FaultOptions faults;
    serve::ServeOptions serve;
};

Take take_setting(std::vector<net::Setting>& settings) {
    return [&settings](std::string_view text) -> net::Status {
        auto setting = net::parse_setting(text);
        if (!setting)
            return net::fail(setting.error());
        if (auto usable = net::check_conflict(*setting); !usable)
            return usable;
        settings.push_back(std::move(*setting));
        return {};
    };
}

std::vector<std::string> engine_names() {
    std::vector<std::string> names{"auto"};
    for (const serve::Engine& engine : serve::engines())
        names.emplace_back(engine.name);
    return names;
}

Take take_engine(std::string& name) {
    return [&name](std::string_view text) -> net::Status {
        name = text;
        std::size_t index = 0;
        return serve::is_engine_name(text) ? net::Status()
                                           : take_choice(index, engine_names())(text);
    };
}

void declare_limits(Cli& cli, EchodOptions& given) {
    cli.option("--backlog", "N", "listen queue (default 4096)",
               take_integer(given.backlog, 1, 1 << 20))
        .option("--max-connections", "N", "refuse more than N clients at once",
                take_integer(given.max_connections, 1, max_connections))
        .option("--max-per-client", "N", "refuse more than N connections from one client",
                take_integer(given.max_per_client, 1, max_connections))
        .option("--ipv6-prefix", "BITS",
                "IPv6 addresses that share so many bits are one client "
                "(default 64)",
                take_integer(given.ipv6_prefix, 1, 128))
        .option("--idle-timeout", "DURATION",
                "close a connection idle for this long (default 0: never)",
                take_duration(given.serve.idle_timeout))
        .option("--write-timeout", "DURATION",
                "close a connection whose peer accepts no data for this long (default 60s; 0: "
                "never)",
                take_duration(given.serve.write_timeout))
        .option("--drain-timeout", "DURATION",
                "after SIGTERM, let open connections continue for this long (default 5s)",
                take_duration(given.serve.drain_timeout))
        .option("--spin", "DURATION",
                "while few connections are open, poll for this long before sleeping (default 0)",
                take_duration(given.serve.spin));
}

void declare(Cli& cli, EchodOptions& given) {
    const std::string engines = fmt::format("{} (default auto)", fmt::join(engine_names(), ", "));
    cli.option("-p,--port", "PORT", "port to listen on (default 3490; 0: any free port)",
               take_text(given.port_name))
        .repeated("-b,--bind", "ADDRESS", "address to listen on; repeatable (default all)",
                  [&given](std::string_view text) -> net::Status {
                      given.bind.emplace_back(text);
                      return {};
                  })
        .flag("--tcp", "serve TCP (default: both)", given.tcp)
        .flag("--udp", "serve UDP", given.udp)
        .option("-e,--engine", "NAME", engines, take_engine(given.engine))
        .option("-w,--workers", "N", "idle threads of pool, or event loops (default one per core)",
                take_integer(given.workers, 1, max_allowed_workers))
        .option("--max-workers", "N", "maximum number of threads of pool (default 1024)",
                take_integer(given.max_workers, 1, max_allowed_workers));
    declare_limits(cli, given);
    declare_access(cli, given.serve.datagrams);
    cli.flag("--answer-broadcast", "also answer UDP to broadcast and multicast addresses",
             given.serve.datagrams.answer_broadcast)
        .flag("--once", "serve one TCP client, then exit", given.serve.limits.once)
        .repeated("--set", "NAME=VALUE", "set a socket option, as in sockopt; repeatable",
                  take_setting(given.settings))
        .option("--port-file", "FILE", "write the port number to FILE once listening",
                take_text(given.port_file));
    given.metrics.declare(cli);
    given.confinement.declare(cli);
    given.faults.declare(cli);
    cli.option("--log-format", "FORMAT", "text or json (default text)",
               take_choice(given.log_format, {"text", "json"}))
        .common(given.common)
        .example("echod --port 7007", "serve TCP and UDP on all addresses")
        .example("echod --metrics 9464", "serve with metrics for Prometheus")
        .example("echod --max-connections 100 --idle-timeout 1m", "serve with limits");
}

serve::ServeOptions serve_options(const EchodOptions& given) {
    serve::ServeOptions options = given.serve;
    options.workers = static_cast<std::size_t>(given.workers.value_or(net::usable_processors()));
    options.max_workers = std::max(options.workers, static_cast<std::size_t>(given.max_workers));
    options.limits.connections = static_cast<std::size_t>(given.max_connections);
    options.limits.per_client = static_cast<std::size_t>(given.max_per_client);
    options.limits.ipv6_prefix = static_cast<unsigned>(given.ipv6_prefix);
    options.limits.access = options.datagrams.access;
    if (options.idle_timeout == std::chrono::nanoseconds(0))
        options.idle_timeout.reset();
    if (options.write_timeout == std::chrono::nanoseconds(0))
        options.write_timeout = std::chrono::nanoseconds::max();
    options.faults = given.faults.plan();
    options.datagrams.faults = options.faults;
    options.datagrams.own_addresses = net::local_addresses();
    // Accepted sockets inherit most options from the listener. The others are set here; failures
    // are ignored, because an accepted socket does not have all of them.
    if (!given.settings.empty())
        options.prepare_accepted = [&given](net::Socket& socket) -> net::Status {
            for (const net::Setting& setting : given.settings)
                static_cast<void>(net::apply(socket, setting));
            return {};
        };
    return options;
}

// Whether a setting applies to this socket: options of TCP apply only to TCP sockets, and those of
// UDP only to UDP sockets.
bool concerns(const net::Setting& setting, net::Socket& socket) {
    const auto type = socket.option(SOL_SOCKET, SO_TYPE);
    if (!type)
        return true;
    const int other = *type == SOCK_STREAM ? IPPROTO_UDP : IPPROTO_TCP;
    return setting.option.level() != other;
}

net::Result<serve::ListenPlan> listen_plan(const EchodOptions& given, Io io) {
    serve::ListenPlan plan;
    plan.family = given.common.family;
    plan.port = given.port;
    plan.tcp = given.tcp || !given.udp;
    plan.udp = given.udp || !given.tcp;
    plan.options.backlog = static_cast<int>(given.backlog);
    plan.options.prepare = [&given](net::Socket& socket) -> net::Status {
        for (const net::Setting& setting : given.settings)
            if (concerns(setting, socket))
                if (auto applied = net::apply(socket, setting); !applied)
                    return applied;
        return {};
    };
    for (const std::string& host : given.bind) {
        auto found =
            resolve_to_bind(tool, host, plan.family, net::Transport::tcp, given.common.json, io);
        if (!found)
            return net::fail(found.error());
        std::erase_if(*found, [&plan](const net::Endpoint& address) {  // of several names
            return std::ranges::any_of(plan.hosts, [&address](const auto& others) {
                return std::ranges::find(others, address) != others.end();
            });
        });
        if (!found->empty())
            plan.hosts.push_back(std::move(*found));
    }
    return plan;
}

// Finds the port by its number, or by the name of a service of a transport that is served. Returns
// an error message, or an empty string.
std::string find_port(EchodOptions& given) {
    net::Result<std::uint16_t> port = net::fail_text("");
    for (const net::Transport transport : {net::Transport::udp, net::Transport::tcp})
        if (const bool tcp = transport == net::Transport::tcp;
            given.tcp == given.udp || (tcp ? given.tcp : given.udp))
            if (auto found = net::resolve_port(given.port_name, transport); !port || found)
                port = found;
    if (!port)
        return "--port: " + port.error().message();
    given.port = *port;
    return {};
}

// Checks the addresses of --bind without a lookup and removes brackets. Returns an error message,
// or an empty string.
std::string mistake_in_bind(EchodOptions& given) {
    for (std::string& host : given.bind) {
        const auto checked = net::check_host(host);
        if (!checked)
            return "--bind: " + checked.error().message();
        host = *checked;
        const auto numeric = net::Endpoint::parse(host);
        if (numeric && !net::zone_hint(*numeric).empty())
            return fmt::format("--bind: '{}': {}", net::escape(host), net::zone_hint(*numeric));
    }
    return {};
}

// Linux silently limits the listen queue to net.core.somaxconn (listen(2)).
void note_clamped_backlog(std::int64_t backlog, EchodLog& log) {
    const auto setting = net::read_sysctl("net.core.somaxconn");
    if (!setting)
        return;
    const auto most = net::parse_integer(*setting, 0, INT_MAX);
    if (most && backlog > *most)
        log.note(fmt::format("net.core.somaxconn clamps the listen queue from {} to {}", backlog,
                             *most));
}

// Logs each option for which the kernel granted another value than requested.
void note_grants(const EchodOptions& given, serve::Listeners& listeners, EchodLog& log) {
    for (const net::Setting& setting : given.settings) {
        std::optional<net::Grant> limited;
        for (auto* sockets : {&listeners.tcp, &listeners.udp})
            if (!limited && !sockets->empty() && concerns(setting, sockets->front()))
                limited = net::limited_grant(sockets->front(), setting);
        if (!limited)
            continue;
        log.note(limited->reason);
        if (!limited->hint.empty())
            log.note("hint: " + limited->hint);
    }
}

void note_listeners(const EchodOptions& given, serve::Listeners& listeners, EchodLog& log) {
    for (const net::Error& missing : listeners.left_out)
        log.note(missing.message() + "; listening on the other addresses of this host");
    note_grants(given, listeners, log);
    if (!listeners.tcp.empty())
        note_clamped_backlog(given.backlog, log);
}

// A service manager that cannot be reached does not keep the server from serving (sd_notify(3)).
serve::StateNotice open_notice(const EchodOptions& given, EchodLog& log) {
    auto notice = serve::StateNotice::open();
    if (notice)
        return std::move(*notice);
    if (given.common.verbose)
        log.note(notice.error().message() + "; no state is reported");
    return {};
}

// Takes the sockets passed by systemd or by `sockopt -- echod`; without any, opens new ones as
// specified.
net::Result<serve::Listeners> take_or_open_listeners(const EchodOptions& given, EchodLog& log,
                                                     Io io) {
    const auto plan = listen_plan(given, io);
    if (!plan)
        return net::fail(plan.error());
    auto passed = serve::take_passed_sockets(plan->options.prepare);
    if (!passed)
        return net::fail(passed.error());
    if (!*passed)
        return serve::open_listeners(*plan);
    if (given.names_listeners)
        log.note("the sockets come from LISTEN_FDS: --port, --bind, --tcp and --udp are ignored");
    if (given.serve.limits.once && (*passed)->tcp.empty())
        return net::fail({std::make_error_code(std::errc::invalid_argument),
                          "serve one client",
                          "LISTEN_FDS",
                          "--once serves a TCP client, but there is no TCP socket",
                          {}});
    return std::move(**passed);
}

int fail_to_write(const net::Error& error, const EchodOptions& given, Io io) {
    print_failure(io, tool, error, given.common.json);
    return exit_output;
}

// Removes the port file at the end of this process, which then has no right to.
serve::EndTask remove_at_end(PortFile& port_file, EchodLog& log) {
    if (port_file.removable().empty())
        return {};
    auto task = serve::EndTask::start([&port_file]() -> std::string {
        const auto removed = port_file.remove();
        return removed ? "" : removed.error().message() + "; " + removed.error().hint;
    });
    if (task)
        return std::move(*task);
    log.note(task.error().message() + ": the port file will not be removed");
    return {};
}

// The ready lines, one for each socket.
std::string announcement(const serve::Listeners& listeners, const serve::Engine& engine,
                         const serve::ServeOptions& options,
                         const std::optional<serve::StatusEndpoint>& metrics,
                         const EchodOptions& given) {
    Output lines;
    announce(listeners, engine, options, metrics, given.common.json, {-1, lines, lines});
    return lines.take();
}

int status_at_end(const serve::ServeOptions& options, const serve::Counters& counters) {
    const bool failed = options.limits.once ? counters.broken() > 0 : counters.aborted() > 0;
    return failed ? exit_mismatch : exit_ok;
}

// Serves until a signal stops it, or with --once until the client is gone. Returns the exit status.
net::Result<int> serve_clients(EngineChoice& choice, const serve::ServeOptions& options,
                               const EchodOptions& given, EchodLog& log, LineWriter& ready_lines,
                               Io io) {
    const auto counters = net::Shared<serve::Counters>::create();
    auto drain = net::StopSignal::create();
    auto abort = net::StopSignal::create();
    if (!counters || !drain || !abort)
        return net::fail(!counters ? counters.error() : (drain ? abort : drain).error());
    net::StatusRequests requests([&] { log.status(**counters); });
    serve::Service service(options, **counters, log, *drain, *abort);
    // Before a client can connect.
    auto metrics =
        given.metrics.open([&] { return echod_metrics(**counters, choice.engine().name); },
                           [draining = &*drain] { return !draining->raised(); });
    if (!metrics)
        return net::fail(metrics.error());
    auto listeners = take_or_open_listeners(given, log, io);
    if (!listeners)
        return net::fail(listeners.error());
    note_listeners(given, *listeners, log);
    serve::StateNotice notice = open_notice(given, log);
    PortFile port_file;
    auto written = given.port_file.empty() ? net::Status()
                                           : port_file.prepare(given.port_file, listeners->port);
    // Until here a signal ends the process at once: lookups and a FIFO without a reader may block.
    const net::Interrupts interrupts(*drain, *abort);
    if (written)
        written = port_file.publish(io.out);
    if (!written)
        return fail_to_write(written.error(), given, io);
    net::remember_interfaces();
    Confinement confinement = given.confinement;
    serve::EndTask removal;
    const auto start_removal = [&] { removal = remove_at_end(port_file, log); };
    if (auto dropped = confinement.drop_rights(port_file.removable(), start_removal); !dropped)
        return net::fail(dropped.error());
    log.start();  // not earlier, because a thread would keep the rights that it began with
    ready_lines.start();
    if (auto started = requests.start(); !started)
        return net::fail(started.error());
    net::Status watched;  // whether the metrics endpoint was started
    log.on_ready([&] {
        const std::string lines = given.common.quiet ? std::string()
                                                     : announcement(*listeners, choice.engine(),
                                                                    options, *metrics, given);
        confinement.deny_system_calls(choice.engine().name, given.common.verbose,
                                      [&](std::string_view note) { log.note(note); });
        if (*metrics)
            watched = (*metrics)->start();
        if (!watched)
            return drain->raise();
        ready_lines.write(lines);
        notice.notify("READY=1");
    });
    log.on_drain([&notice] { notice.notify("STOPPING=1"); });
    if (auto served = choice.serve(service, std::move(*listeners)); !served || !watched)
        return net::fail((served ? watched : served).error());
    ignore_late_signals(io);  // the rest takes bounded time
    if (const std::string trouble = removal.finish(); !trouble.empty())
        log.note(trouble);
    log.aborted(**counters);
    return status_at_end(options, **counters);
}

// Adds the descriptor limit to an error if the limit was reached.
net::Error explain(net::Error error) {
    const auto limit = net::descriptor_limit();
    if (error.code != std::errc::too_many_files_open || !limit)
        return error;
    error.detail = fmt::format("needs {} descriptors or more, the limit is {}", *limit + 1, *limit);
    error.hint = "ulimit -n raises it, up to the hard limit";
    return error;
}

net::Result<int> choose_and_serve(const EchodOptions& given, const net::Status& user, EchodLog& log,
                                  LineWriter& ready_lines, Io io) {
    if (!user)
        return net::fail(user.error());
    const serve::ServeOptions options = serve_options(given);
    auto choice = EngineChoice::make(given.engine, options.faults.get(), log);
    if (!choice)
        return net::fail(choice.error());
    return serve_clients(*choice, options, given, log, ready_lines, io);
}

}  // namespace

int echod(Args args, Io io) {
    EchodOptions given;
    Cli cli(tool, "Serve TCP and UDP echo: send back whatever a client sends.", {"[OPTION]..."});
    declare(cli, given);
    if (const auto status = cli.parse(args, io))
        return *status;
    given.names_listeners = cli.given("port") || cli.given("bind") || given.tcp || given.udp;
    if (const std::string mistake = mistake_in_bind(given); !mistake.empty())
        return cli.refuse(io, mistake);
    if (const std::string mistake = find_port(given); !mistake.empty())
        return cli.refuse(io, mistake);
    const bool all = given.tcp == given.udp;
    if (const std::string mistake = given.faults.mistake(given.tcp || all, given.udp || all);
        !mistake.empty())
        return cli.refuse(io, mistake);
    if (given.serve.limits.once && given.udp && !given.tcp)
        return cli.refuse(io, "--once serves a TCP client, but --udp serves only UDP");
    if (cli.given("max-workers") && given.workers.value_or(1) > given.max_workers)
        return cli.refuse(io, fmt::format("--workers {} is more than --max-workers {}",
                                          *given.workers, given.max_workers));
    if (const auto passed = serve::check_passed_sockets(); !passed) {
        print_failure(io, tool, passed.error(), given.common.json);
        return finish(io, tool, exit_usage);
    }
    const auto user = given.confinement.look_up();
    if (!user && user.error().code == std::errc::invalid_argument)
        return cli.refuse(io, "--user: " + user.error().message());
    net::platform::ignore_broken_pipes();
    net::platform::raise_descriptor_limit();
    EchodLog log(io.err, static_cast<EchodLog::Format>(given.log_format), given.common.verbose,
                 given.common.colored(io.err));
    LineWriter ready_lines(io.out, {});
    const auto ended = choose_and_serve(given, user, log, ready_lines, io);
    if (!log.finish(output_patience) || !ready_lines.finish(output_patience))
        std::_Exit(ended ? *ended : status_of(ended.error()));
    if (ended)
        return finish(io, tool, *ended);
    print_failure(io, tool, explain(ended.error()), given.common.json);
    return finish(io, tool, status_of(ended.error()));
}

}  // namespace sockbox::tools
