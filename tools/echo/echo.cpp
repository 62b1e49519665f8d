// echo: a TCP echo client that sends a message or standard input, or measures round trips.
#include <algorithm>
#include <deque>

#include "net/input.h"
#include "option/tcp_info.h"
#include "probe/happy_eyeballs.h"
#include "probe/lanes/stream_lane.h"
#include "probe/pipe.h"
#include "report/counted.h"
#include "text/text.h"
#include "text/units.h"
#include "tools/client/client.h"
#include "tools/client/measuring.h"
#include "tools/echo/idle.h"
#include "tools/echo/outcome.h"
#include "tools/front/cli.h"
#include "tools/front/interrupts.h"
#include "tools/front/progress.h"

namespace sockbox::tools {
namespace {

using namespace std::chrono_literals;

constexpr auto pipe_timeout = 10s;

class Echo {
  public:
    explicit Echo(Io io) : io_(io) {}

    int run(Args args) {
        Cli cli("echo",
                "Talk to a TCP echo server. With MESSAGE, send it as one line and print the reply; "
                "without, copy standard input to the server and the echo to standard output, "
                "comparing every byte. With -c, -t, -P or --rate, measure round trips.",
                {"[OPTION]... HOST PORT [MESSAGE...]"});
        declare(cli);
        if (const auto status = cli.parse(args, io_))
            return *status;
        if (connect_timeout_.count() == 0)
            return cli.refuse(io_, "--connect-timeout must be more than 0s");
        if (reconnect_ && client_.source_ports)  // its connections would be in TIME_WAIT
            return cli.refuse(io_, "--reconnect and --source-port are mutually exclusive");
        if (idle_.is_requested()) {
            if (const auto mistake = idle_.mistake(cli, measuring_.connections()); !mistake.empty())
                return cli.refuse(io_, mistake);
            if (const auto status = measuring_.results().check(cli, false))
                return *status;
        } else if (const auto status = measuring_.check(cli, {"reconnect", "tcp-info"})) {
            return *status;
        }
        std::vector<Target> targets;
        if (const auto status = client_.add_targets(cli, io_, targets, measuring_.has_file()))
            return *status;
        client_.mode = mode(cli);
        if (idle_.is_requested())
            return find_idle(cli, targets.front());
        measuring_.add_listed(targets);
        const bool measures = measuring_.is_requested(cli);
        if (measures)
            if (const auto status = measuring_.check_descriptors(targets))
                return *status;
        return measures ? measure(std::move(targets)) : talk(targets.front());
    }

  private:
    // A server and the connection to it, or why there is no connection.
    struct Server {
        explicit Server(Target named) : target(std::move(named)) {}

        // With the address that won the race, or else was tried last.
        NamedServer named() const {
            NamedServer server = target.named();
            if (const probe::Attempt* winner = race.winner())
                server.address = winner->endpoint;
            else if (!race.attempts.empty())
                server.address = race.attempts.back().endpoint;
            return server;
        }

        Target target;
        std::optional<probe::HostLookup> lookup;
        std::vector<probe::HostLookup::Answer> answers;  // so far
        net::Status resolved;                            // whether they contain an address
        std::chrono::nanoseconds looked_up_in{};
        probe::Race race;
        probe::StreamLaneOptions lane;
    };

    void declare(Cli& cli) {
        client_.declare(cli);
        cli.option("--connect-timeout", "DURATION",
                   "time to look up the host and connect (default 10s)",
                   take_duration(connect_timeout_));
        measuring_.declare(cli);
        cli.group(help::measurement).rest();
        cli.flag("--reconnect", "open a new connection for each message measured", reconnect_);
        cli.group(help::results).rest();
        cli.flag("--tcp-info", "add the kernel's statistics of the connections (Linux)", tcp_info_);
        idle_.declare(cli);
        cli.common(client_.common);
        cli.example("echo localhost 3490 hello", "send hello, print the reply");
        cli.example("echo localhost 3490 <big >copy",
                    "send a file and get it back; status 4 if it differs or is incomplete");
        cli.example("echo -t 10 -P 50 --assert 'p99<2ms' localhost 3490",
                    "load from 50 connections; status 4 if the assertion fails");
    }

    // Returns as soon as there is an address; others may be found while it is connected to.
    void resolve(Server& server) {
        const auto begin = net::Clock::now();
        const auto deadline = net::deadline_in(connect_timeout_);
        const Target& target = server.target;
        server.lookup.emplace(target.host, target.port, client_.family(), client_.transport,
                              probe::HostLookup::Families::apart);
        const auto found = [](const probe::HostLookup::Answer& answer) {
            return answer.endpoints.has_value();
        };
        while (server.resolved && std::ranges::none_of(server.answers, found)) {
            if (server.lookup->families_under_way().empty())
                server.resolved =
                    net::fail(client_.with_hint_of_source(probe::error_of_answers(server.answers)));
            else if (!server.lookup->wait(deadline, stop_))
                server.resolved = net::fail(
                    is_interrupted() ? probe::lookup_interrupted(target.host)
                                     : probe::lookup_timed_out(target.host, connect_timeout_));
            else
                for (probe::HostLookup::Answer& answer : server.lookup->take())
                    server.answers.push_back(std::move(answer));
        }
        server.looked_up_in = net::Clock::now() - begin;
    }

    // Returns whether the connection was established.
    bool connect(Server& server) {
        if (server.resolved)
            server.race =
                probe::race_to_connect(server.answers, *server.lookup, race_options(server));
        return server.race.socket.has_value();
    }

    // Connects with a progress line, which is erased on return.
    bool connect_in_sight(Server& server) {
        const ElapsedLine line(io_.err, shows_waiting(), "connecting to " + server.target.text);
        return connect(server);
    }

    bool is_interrupted() const { return stop_ != nullptr && stop_->raised(); }
    bool shows_waiting() const { return !client_.common.quiet && !client_.common.verbose; }

    // A signal ends the process at once; with --json, the result is printed first.
    int talk(const Target& target) {
        Server server(target);
        if (!client_.common.json)
            return talk_to(server);
        auto stop = net::StopSignal::create();
        if (!stop)
            return client_.fail(io_, stop.error(), exit_refused, target.named());
        stop_ = &*stop;
        const CaughtInterrupts interrupts(io_, *stop, CaughtInterrupts::brief);
        return talk_to(server);
    }

    // Looks up the name and connects; returns whether the connection was established.
    bool reach(Server& server) {
        {
            const ElapsedLine line(io_.err, shows_waiting(), "resolving " + server.target.text);
            resolve(server);
        }
        return connect_in_sight(server);
    }

    // An interrupt ends the search, and what is known is printed.
    int find_idle(const Cli& cli, const Target& target) {
        auto stop = net::StopSignal::create();
        if (!stop)
            return client_.fail(io_, stop.error(), exit_refused, target.named());
        stop_ = &*stop;
        const CaughtInterrupts interrupts(io_, *stop, CaughtInterrupts::brief);
        Server server(target);
        if (!reach(server))
            return unconnected(server);
        server.race.socket.reset();
        probe::IdleOptions options;
        options.connect.source = client_.source;
        options.connect.prepare = client_.prepare();
        options.connect_timeout = connect_timeout_;
        options.timeout = client_.reply_timeout();
        if (cli.given("connections"))
            options.connections = measuring_.connections();
        return idle_.run(target, server.race.winner()->endpoint, std::move(options), *stop);
    }

    int talk_to(Server& server) {
        if (!reach(server))
            return unconnected(server);
        reached_ = server.named();
        net::Socket& socket = *server.race.socket;
        // Otherwise Nagle's algorithm delays a line until the previous one is acknowledged.
        (void)socket.set_option(IPPROTO_TCP, TCP_NODELAY, 1);
        const auto outcome = client_.has_message() ? say(socket) : pipe(socket);
        if (!outcome)
            return client_.fail(io_, outcome.error(), exit_refused, reached_);
        return conclude(*outcome);
    }

    static std::vector<std::string> names_of(const std::deque<Server>& servers) {
        std::vector<std::string> names;
        for (const Server& server : servers)
            names.push_back(server.target.text);
        return names;
    }

    static std::vector<NamedServer> named(const std::deque<Server>& servers) {
        std::vector<NamedServer> all;
        for (const Server& server : servers)
            all.push_back(server.named());
        return all;
    }

    // Resolves all names and connects to all servers. Interrupts act as in talk(); returns an exit
    // status after one that came before there was a connection to each.
    std::optional<int> connect_all(std::deque<Server>& servers) {
        if (client_.common.json) {
            if (const auto status = measuring_.catch_interrupts(named(servers)))
                return status;
            stop_ = measuring_.stop();
        }
        measuring_.prepare(names_of(servers), stats::Phase::resolving, shows_waiting(),
                           [&](std::size_t index) { resolve(servers[index]); });
        measuring_.prepare(names_of(servers), stats::Phase::connecting, shows_waiting(),
                           [&](std::size_t index) { connect(servers[index]); });
        std::optional<int> status;
        if (is_interrupted() && !std::ranges::all_of(servers, [](const Server& server) {
                return server.race.socket.has_value();
            }))
            for (Server& server : servers)
                status = server.race.socket ? measuring_.fail_interrupted(server.named())
                                            : unconnected(server);
        return status;
    }

    // An endless run of several servers looks up their names and connects by itself.
    int measure(std::vector<Target> targets) {
        if (const auto status = measuring_.open_metrics(targets))
            return *status;
        std::deque<Server> servers(std::make_move_iterator(targets.begin()),
                                   std::make_move_iterator(targets.end()));
        const bool races =
            !measuring_.is_endless() || (servers.size() == 1 && !measuring_.has_file());
        if (races)
            if (const auto status = connect_all(servers))
                return *status;
        for (const Server& server : servers)
            if (server.race.socket)
                if (const auto free =
                        client_.check_source_ports(server.race.winner()->endpoint.family(), 1);
                    !free)
                    return client_.fail(io_, free.error(), exit_refused, server.named());
        payload_.emplace(measuring_.size());
        std::vector<Subject> subjects;
        for (const Server& server : servers)
            if (tcp_info_ && server.race.socket)
                if (const auto seen = net::tcp_vitals(*server.race.socket); !seen)
                    return client_.fail(io_, seen.error(), exit_refused, named(servers));
        int status = exit_ok;
        for (Server& server : servers)
            if (server.race.socket || measuring_.is_endless()) {
                subjects.push_back(subject(server));
            } else {
                status = std::max(status, unconnected(server));
                measuring_.note_unmeasured(server.target, server.resolved
                                                              ? server.race.attempts.back().error
                                                              : server.resolved.error());
            }
        return measuring_.run(std::move(subjects), status, [&](const Target& target) {
            auto server = std::make_shared<Server>(target);
            Subject added = subject(*server);
            added.make_lane = [server, make_lane = added.make_lane](auto&&... of) {
                return make_lane(std::forward<decltype(of)>(of)...);
            };
            return added;
        });
    }

    // All connections go to the address that won the race. The first one is the race's own.
    Subject subject(Server& server) const {
        server.lane.connect.source = client_.source;
        server.lane.connect.prepare = client_.prepare();
        server.lane.connect_timeout = connect_timeout_;
        server.lane.reconnect = reconnect_;
        server.lane.kernel_view = tcp_info_;
        Subject subject = measuring_.subject(server.target, connect_timeout_);
        if (server.race.socket)
            subject.server = server.race.winner()->endpoint;
        subject.make_lane =
            [this, &server](
                std::size_t number, const net::Endpoint& address, const probe::MeasurePlan& plan,
                probe::Measured& measured) -> net::Result<std::unique_ptr<probe::Lane>> {
            std::optional<net::Socket> first;
            if (number == 0 && server.race.socket) {
                const probe::Attempt& winner = *server.race.winner();
                measured.numbers.connect.record(winner.ended - winner.started);
                first = std::exchange(server.race.socket, std::nullopt);
            }
            return std::make_unique<probe::StreamLane>(plan, server.lane, address, *payload_,
                                                       measured, std::move(first),
                                                       client_.source_port(number));
        };
        return subject;
    }

    probe::RaceOptions race_options(const Server& server) {
        probe::RaceOptions options;
        options.connect.deadline = net::deadline_in(
            std::max<std::chrono::nanoseconds>(connect_timeout_ - server.looked_up_in, 0ns));
        options.connect.stop = stop_;
        options.connect.source = client_.source;
        options.connect.source_port = client_.source_port();
        options.connect.prepare = client_.prepare();
        if (client_.common.verbose)
            options.observe = [this](const probe::Attempt& attempt) { report_attempt(attempt); };
        return options;
    }

    void report_attempt(const probe::Attempt& attempt) const {
        using State = probe::Attempt::State;
        const std::string name = attempt.endpoint.to_string();
        const std::string time = net::format_approximately(attempt.ended - attempt.started);
        switch (attempt.state) {
            case State::under_way:
                io_.err.print("{}: trying {} after {}\n", client_.tool, name,
                              net::format_approximately(attempt.started));
                break;
            case State::connected:
                io_.err.print("{}: connected to {} in {}\n", client_.tool, name, time);
                break;
            case State::abandoned:
                io_.err.print("{}: gave up {} after {}\n", client_.tool, name, time);
                break;
            case State::failed: print_error(io_, client_.tool, attempt.error); break;
        }
    }

    // Prints the error for each address and returns the exit status.
    int unconnected(const Server& server) const {
        if (!server.resolved)
            return client_.fail(io_, server.resolved.error(), status_of(server.resolved.error()),
                                server.named());
        const probe::Race& race = server.race;
        auto attempts = report::Json::array();
        for (const probe::Attempt& attempt : race.attempts) {
            if (!client_.common.verbose)
                print_error(io_, client_.tool, attempt.error);
            auto one = report::Json::object();
            one.set("address", attempt.endpoint.address())
                .set("port", attempt.endpoint.port())
                .set("started_ns", attempt.started.count())
                .set("elapsed_ns", (attempt.ended - attempt.started).count())
                .set("error", to_json(attempt.error));
            attempts.push(std::move(one));
        }
        const std::size_t untried = race.untried;
        if (untried > 0)
            io_.err.print(
                "{}: {} not tried{}\n", client_.tool,
                report::counted(untried, "more address was", "more addresses were"),
                is_interrupted() ? "" : " within " + net::format_duration(connect_timeout_));
        if (client_.common.json) {
            auto json = client_.result(server.named());
            const bool any = !race.attempts.empty();
            const auto reason =
                is_interrupted() ? std::errc::operation_canceled : std::errc::timed_out;
            json.set("attempts", std::move(attempts))
                .set("error", to_json(any ? race.attempts.back().error
                                          : net::Error{net::platform::error_of(reason),
                                                       "connect to",
                                                       server.target.text,
                                                       {},
                                                       {}}));
            io_.out.print("{}\n", json.to_string());
        }
        return flush(io_, client_.tool, is_interrupted() ? status_of_interrupt() : exit_refused);
    }

    net::Result<probe::PipeOutcome> say(net::Socket& socket) {
        const std::string message = client_.message();
        auto rest = std::as_bytes(std::span(message));
        const probe::Source source = [&](std::span<std::byte> into, const net::StopSignal&) {
            const std::size_t count = std::min(into.size(), rest.size());
            std::copy_n(rest.begin(), count, into.begin());
            rest = rest.subspan(count);
            return net::Transfer{
                count > 0 ? net::Transfer::State::done : net::Transfer::State::end, count, {}};
        };
        probe::PipeOptions options = pipe_options(probe::default_reply_timeout);
        options.source_waits = false;
        return probe::run_pipe(socket, source, sink(), options);
    }

    net::Result<probe::PipeOutcome> pipe(net::Socket& socket) {
        const probe::Source source = [this](std::span<std::byte> into,
                                            const net::StopSignal& stop) {
            return net::read_input(io_.in, into, &stop);
        };
        PipeProgress progress(io_, !client_.common.quiet);
        probe::PipeOptions options = pipe_options(pipe_timeout);
        options.watch = [&progress](std::uint64_t received) { return progress.look(received); };
        return probe::run_pipe(socket, source, sink(), options);
    }

    probe::PipeOptions pipe_options(std::chrono::nanoseconds timeout) const {
        return {!client_.no_verify, true, client_.timeout.value_or(timeout), stop_, {}};
    }

    // Flushes all data at once, because a reader may be waiting for it. With --json, standard
    // output is reserved for the result.
    probe::Sink sink() {
        return [this](std::span<const std::byte> data) {
            if (client_.common.json)
                return true;
            io_.out.write(
                {static_cast<const char*>(static_cast<const void*>(data.data())), data.size()});
            io_.out.flush();
            return !io_.out.error();
        };
    }

    std::string_view mode(const Cli& cli) const {
        if (idle_.is_requested())
            return "idle";
        if (measuring_.is_requested(cli))
            return measuring_.mode();
        return client_.has_message() ? "say" : "pipe";
    }

    std::chrono::nanoseconds timeout() const {
        return client_.has_message() ? client_.reply_timeout()
                                     : client_.timeout.value_or(pipe_timeout);
    }

    int conclude(const probe::PipeOutcome& outcome) const {
        const net::Error error = explain(outcome, reached_.address->to_string(), timeout());
        if (!error.action.empty())
            print_error(io_, client_.tool, error);
        else if (client_.common.verbose)
            io_.err.print("{}: {} sent, {} received in {}\n", client_.tool,
                          report::counted(outcome.sent_bytes, "byte"), outcome.received_bytes,
                          net::format_approximately(outcome.duration));
        if (client_.common.json) {
            auto json = client_.result(reached_);
            const bool is_whole = status_of(outcome.end) == exit_ok;
            json.set("peer", reached_.address->to_string())
                .set("verified", is_whole && !client_.no_verify);
            add_outcome(outcome, error, json);
            io_.out.print("{}\n", json.to_string());
        }
        return finish(io_, client_.tool, status_of(outcome.end));
    }

    Io io_;
    ClientOptions client_{io_.tool.empty() ? "echo" : io_.tool, net::Transport::tcp};
    std::chrono::nanoseconds connect_timeout_{default_connect_timeout};
    bool reconnect_ = false;
    bool tcp_info_ = false;
    Measuring measuring_{io_, client_};
    IdleFinder idle_{io_, client_, measuring_.results()};
    std::optional<probe::Payload> payload_;
    const net::StopSignal* stop_ = nullptr;  // set while interrupts are caught
    NamedServer reached_;
};

}  // namespace

int echo(Args args, Io io) {
    return Echo(io).run(args);
}

}  // namespace sockbox::tools
