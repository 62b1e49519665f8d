// echod: a concurrent TCP and UDP echo server.
#include <algorithm>
#include <cstdlib>

#include "net/interfaces.h"
#include "net/resolver.h"
#include "net/signals.h"
#include "option/candidates.h"
#include "option/conflict.h"
#include "option/option.h"
#include "report/json.h"
#include "serve/systemd.h"
#include "system/hint.h"
#include "system/host.h"
#include "system/processors.h"
#include "text/text.h"
#include "text/units.h"
#include "tools/echod/log.h"
#include "tools/echod/metrics.h"
#include "tools/echod/ready.h"
#include "tools/front/cli.h"
#include "tools/server/server.h"
#include "tools/server/server_process.h"

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
    // The options given that choose the sockets, and that concern TCP or UDP alone, for messages.
    std::string about_listeners;
    std::string about_tcp;
    std::string about_udp;
    // Given without the option that they refine.
    bool seed_alone = false;
    bool ipv6_prefix_alone = false;
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
    cli.group("Limits")
        .option("--max-connections", "N", "refuse more than N clients at once",
                take_integer(given.max_connections, 1, max_connections))
        .option("--max-per-client", "N", "refuse more than N connections from one client",
                take_integer(given.max_per_client, 1, max_connections))
        .option("--idle-timeout", "DURATION", "close connections idle this long (default 0: never)",
                take_duration(given.serve.idle_timeout))
        .option("--write-timeout", "DURATION", "limit for a peer that takes no data (default 60s)",
                take_duration(given.serve.write_timeout))
        .rest()
        .option("--drain-timeout", "DURATION",
                "after SIGTERM, let open connections continue for this long (default 5s)",
                take_duration(given.serve.drain_timeout))
        .option("--ipv6-prefix", "BITS",
                "IPv6 addresses that share so many bits are one client (default 64)",
                take_integer(given.ipv6_prefix, 1, 128));
}

void declare(Cli& cli, EchodOptions& given) {
    const std::string engines = fmt::format("{} (default auto)", fmt::join(engine_names(), ", "));
    cli.group("Serving")
        .option("-p,--port", "PORT", "port to listen on (default 3490; 0: any free port)",
                take_text(given.port_name))
        .repeated("-b,--bind", "ADDRESS", "address to listen on; repeatable (default all)",
                  [&given](std::string_view text) -> net::Status {
                      given.bind.emplace_back(text);
                      return {};
                  })
        .flag("--tcp", "serve TCP (default: both)", given.tcp)
        .flag("--udp", "serve UDP", given.udp)
        .option("-e,--engine", "NAME", engines, take_engine(given.engine))
        .completed_by(complete_with(engine_names()))
        .option("-w,--workers", "N", "idle threads of pool, or event loops (default one per core)",
                take_integer(given.workers, 1, max_allowed_workers))
        .repeated("--set", "NAME=VALUE", "set a socket option, as in sockopt; repeatable",
                  take_setting(given.settings))
        .completed_by(complete_by(net::setting_candidates));
    given.faults.declare(cli);
    cli.rest()
        .option("--backlog", "N", "connections that may wait to be accepted (default 4096)",
                take_integer(given.backlog, 1, 1 << 20))
        .option("--max-workers", "N", "maximum number of threads of pool (default 1024)",
                take_integer(given.max_workers, 1, max_allowed_workers))
        .flag("--once", "serve one TCP client, then exit", given.serve.limits.once)
        .option("--spin", "DURATION",
                "while few connections are open, poll for this long before sleeping (default 0)",
                take_duration(given.serve.spin));
    declare_limits(cli, given);
    cli.group("Access");
    declare_access(cli, given.serve.datagrams);
    cli.flag("--answer-broadcast", "also answer UDP to broadcast and multicast addresses",
             given.serve.datagrams.answer_broadcast);
    cli.group("Operation");
    given.metrics.declare(cli);
    cli.option("--port-file", "FILE", "write the port number to FILE once listening",
               take_text(given.port_file));
    given.confinement.declare(cli);
    cli.rest().option("--log-format", "FORMAT", "text or json (default text)",
                      take_choice(given.log_format, {"text", "json"}));
    cli.common(given.common)
        .example("echod --port 7007", "serve TCP and UDP on all addresses")
        .example("echod --metrics 9464", "serve with metrics for Prometheus")
        .example("echod --max-connections 100 --idle-timeout 1m", "serve with limits");
}

serve::ServeOptions serve_options(const EchodOptions& given) {
    serve::ServeOptions options = given.serve;
    options.max_workers = static_cast<std::size_t>(given.max_workers);
    options.workers = given.workers
                          ? static_cast<std::size_t>(*given.workers)
                          : std::min<std::size_t>(net::usable_processors(), options.max_workers);
    options.max_workers = std::max(options.workers, options.max_workers);
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
    auto hosts =
        resolve_hosts({tool, given.common.json, io}, given.bind, plan.family, net::Transport::tcp);
    if (!hosts)
        return net::fail(hosts.error());
    plan.hosts = std::move(*hosts);
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

// Linux silently limits the backlog to net.core.somaxconn (listen(2)).
void note_clamped_backlog(std::int64_t backlog, EchodLog& log) {
    const auto setting = net::read_sysctl("net.core.somaxconn");
    if (!setting)
        return;
    const auto most = net::parse_integer(*setting, 0, INT_MAX);
    if (most && backlog > *most)
        log.note(fmt::format("net.core.somaxconn limits the backlog of {} to {}", backlog, *most));
}

void note_options_without_effect(const EchodOptions& given, const serve::Listeners& listeners,
                                 const Note& note) {
    if (listeners.tcp.empty() && !given.about_tcp.empty())
        note("ignoring " + given.about_tcp + ": TCP is not served");
    if (listeners.udp.empty() && !given.about_udp.empty())
        note("ignoring " + given.about_udp + ": UDP is not served");
    if (!listeners.tcp.empty() && given.ipv6_prefix_alone)
        note("ignoring --ipv6-prefix: there is no --max-per-client");
    if (given.seed_alone)
        note("ignoring --seed: there is no --fault");
}

net::Result<serve::Listeners> find_listeners(const EchodOptions& given, const Note& note, Io io) {
    const auto plan = listen_plan(given, io);
    if (!plan)
        return net::fail(plan.error());
    auto listeners = take_or_open_listeners(*plan, given.about_listeners, note);
    if (!listeners)
        return listeners;
    const auto refuse = [](std::string_view action, std::string why) {
        return net::fail({std::make_error_code(std::errc::invalid_argument),
                          std::string(action),
                          "LISTEN_FDS",
                          std::move(why),
                          {}});
    };
    if (given.serve.limits.once && listeners->tcp.empty())
        return refuse("serve one client", "--once serves a TCP client, but there is no TCP socket");
    const bool tcp = !listeners->tcp.empty();
    const bool udp = !listeners->udp.empty();
    if (auto mistake = given.faults.mistake(tcp, udp); !mistake.empty())
        return refuse("cause faults", std::move(mistake));
    if (auto mistake = unserved_setting(given.settings, tcp, udp); !mistake.empty())
        return refuse("set options", std::move(mistake));
    return listeners;
}

int fail_to_write(const net::Error& error, const EchodOptions& given, Io io) {
    print_failure(io, tool, error, given.common.json);
    return exit_output;
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
    auto metrics = given.metrics.open(
        tool, [&] { return echod_metrics(**counters, choice.engine().name); },
        [draining = &*drain] { return !draining->raised(); });
    if (!metrics)
        return net::fail(metrics.error());
    const Note note = [&log](std::string_view text) { log.note(text); };
    auto listeners = find_listeners(given, note, io);
    if (!listeners)
        return net::fail(listeners.error());
    note_listeners(given.settings, *listeners, note);
    note_options_without_effect(given, *listeners, note);
    if (!listeners->tcp.empty() && !listeners->passed)
        note_clamped_backlog(given.backlog, log);
    ServerProcess process(given.confinement, given.common.verbose, note);
    process.prepare(given.port_file, listeners->port);
    // Until here a signal ends the process at once: lookups and a FIFO without a reader may block.
    const net::Interrupts interrupts(*drain, *abort);
    if (const auto published = process.publish(io.out); !published)
        return fail_to_write(published.error(), given, io);
    if (auto dropped = process.drop_rights(); !dropped)
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
        process.deny_system_calls(choice.engine().name);
        if (*metrics)
            watched = (*metrics)->start();
        if (!watched)
            return drain->raise();
        ready_lines.write(lines);
        process.notify("READY=1");
    });
    log.on_drain([&process] { process.notify("STOPPING=1"); });
    if (auto served = choice.serve(service, std::move(*listeners)); !served || !watched)
        return net::fail((served ? watched : served).error());
    ignore_late_signals(io);  // the rest takes bounded time
    process.finish();
    log.aborted(**counters);
    return status_at_end(options, **counters);
}

// Adds the descriptor limit to an error if the limit was reached.
net::Error explain(net::Error error) {
    const auto limit = net::descriptor_limit();
    if (error.code != std::errc::too_many_files_open || !limit)
        return error;
    error.detail = fmt::format("needs {} descriptors or more, the limit is {}", *limit + 1, *limit);
    error.hint = net::hint(net::Hint::descriptors);
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

void remember_given(const Cli& cli, EchodOptions& given) {
    given.about_listeners = cli.given_of({"port", "bind", "tcp", "udp", "backlog", "4", "6"});
    given.about_tcp = cli.given_of({"backlog", "max-connections", "max-per-client", "idle-timeout",
                                    "write-timeout", "ipv6-prefix"});
    given.about_udp =
        cli.given_of({"udp-rate", "answer-broadcast", "answer-privileged", "answer-own-port"});
    given.seed_alone = cli.given("seed") && !cli.given("fault");
    given.ipv6_prefix_alone = cli.given("ipv6-prefix") && !cli.given("max-per-client");
}

}  // namespace

int echod(Args args, Io io) {
    EchodOptions given;
    Cli cli(tool, "Serve TCP and UDP echo: send back whatever a client sends.", {"[OPTION]..."});
    declare(cli, given);
    if (const auto status = cli.parse(args, io))
        return *status;
    remember_given(cli, given);
    if (const std::string mistake = mistake_in_bind(given.bind); !mistake.empty())
        return cli.refuse(io, mistake);
    if (const std::string mistake = find_port(given); !mistake.empty())
        return cli.refuse(io, mistake);
    const bool tcp = given.tcp || !given.udp;
    const bool udp = given.udp || !given.tcp;
    for (const std::string& mistake :
         {given.faults.mistake(tcp, udp), unserved_setting(given.settings, tcp, udp)})
        if (!mistake.empty())
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
