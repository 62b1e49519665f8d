// udpecho: a UDP echo client that sends a message or lines, or measures round trips and loss.
#include <algorithm>
#include <deque>

#include "net/input.h"
#include "probe/exchange.h"
#include "probe/lanes/datagram_lane.h"
#include "probe/lanes/echo_form.h"
#include "report/counted.h"
#include "report/measurement.h"
#include "report/times.h"
#include "text/text.h"
#include "text/units.h"
#include "tools/client/client.h"
#include "tools/client/measuring.h"
#include "tools/front/cli.h"
#include "tools/front/interrupts.h"
#include "tools/front/progress.h"
#include "tools/udpecho/datagram_settings.h"
#include "tools/udpecho/listen.h"
#include "tools/udpecho/outcome.h"
#include "tools/udpecho/path.h"

namespace sockbox::tools {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_line = 65536;  // more than any datagram, so that sending it fails

class UdpEcho {
  public:
    explicit UdpEcho(Io io) : io_(io) {}

    int run(Args args) {
        Cli cli("udpecho",
                "Talk to a UDP echo server. With MESSAGE, send it as one datagram and print the "
                "reply; without, send each line of standard input as a datagram, wait for its "
                "reply and print it. With -c, -t, -P or --rate, measure round trips and loss.",
                {"[OPTION]... HOST PORT [MESSAGE...]", "--mtu|--trace [OPTION]... HOST PORT",
                 "--stamp [OPTION]... HOST [PORT]", "--listen [--stamp] [OPTION]..."});
        declare(cli);
        if (const auto status = cli.parse(args, io_))
            return *status;
        for (const std::string& mistake :
             {stamp_.mistake(cli), path_.mistake(cli), listen_.mistake(cli)})
            if (!mistake.empty())
                return cli.refuse(io_, mistake);
        if (const auto read = stamp_.read_key(); !read)
            return client_.fail(io_, read.error(), exit_refused);
        if (listen_.is_requested())
            return listen_.run(cli);
        if (connect_timeout_.count() == 0)
            return cli.refuse(io_, "--connect-timeout must be more than 0s");
        if (stamp_.is_requested())
            prepare_stamp(cli);
        if (cli.given("ecn"))
            datagram_settings_.report_header_fields();
        if (datagram_settings_.broadcast() && !measuring_.is_requested(cli))
            return cli.refuse(io_, "--broadcast needs one of -c -t -P --rate");
        if (const auto status = measuring_.check(cli, {"first-seq", "timestamps"}))
            return *status;
        if (path_.is_requested() && measuring_.is_requested(cli))
            return cli.refuse(io_, "--mtu and --trace cannot be combined with -c -t -P --rate");
        std::vector<Target> targets;
        if (const auto status = client_.add_targets(cli, io_, targets, measuring_.has_file()))
            return *status;
        measuring_.add_listed(targets);
        client_.mode = mode(cli);
        if (measuring_.is_requested(cli)) {
            if (const auto status = measuring_.check_descriptors(targets))
                return *status;
            return measure(cli, targets);
        }
        return resolve_and_run(targets.front());
    }

  private:
    struct Counts {
        // Each line is received, lost, unsent or corrupted, unless an interrupt came first.
        std::uint64_t lines = 0;
        std::uint64_t sent = 0;  // datagrams, including retries
        std::uint64_t received = 0;
        std::uint64_t lost = 0;
        std::uint64_t unsent = 0;  // not even once
        std::uint64_t corrupted = 0;
        std::uint64_t sent_bytes = 0;
        std::uint64_t received_bytes = 0;
    };

    void declare(Cli& cli) {
        client_.declare(cli);
        cli.option("--retries", "N", "resend up to N times if no reply comes (default 0)",
                   take_integer(retries_, 0, 1000));
        cli.option("--connect-timeout", "DURATION", "time to look up the host (default 10s)",
                   take_duration(connect_timeout_));
        measuring_.declare(cli);
        datagram_settings_.declare(cli);
        path_.declare(cli);
        stamp_.declare(cli);
        listen_.declare(cli);
        cli.common(client_.common);
        cli.example("udpecho localhost 3490 hello", "send hello, print the reply");
        cli.example("udpecho -c 10 -i 0.1 localhost 3490", "ten probes, like ping");
        cli.example("udpecho --listen -p 7007", "run the server");
    }

    // With --stamp, measuring is the default, as in ping, and the port may be omitted.
    void prepare_stamp(const Cli& cli) {
        constexpr std::int64_t default_count = 10;
        measuring_.assume(cli, default_count, 0);
        if (client_.operands.size() == 1)
            client_.operands.push_back(std::to_string(net::stamp::default_port));
        if (!cli.given("size"))
            measuring_.set_size(stamp_.min_size(datagram_settings_.dscp()));
        datagram_settings_.report_header_fields();
    }

    std::string_view mode(const Cli& cli) const {
        if (measuring_.is_requested(cli))
            return measuring_.mode();
        if (path_.is_requested())
            return path_.mode();
        return client_.has_message() ? "say" : "pipe";
    }

    // With --json, an interrupt is caught, and the result printed. Without, it ends the process at
    // once, except while a path is examined.
    int resolve_and_run(Target& target) {
        auto stop = net::StopSignal::create();
        if (!stop)
            return client_.fail(io_, stop.error(), exit_refused, target.named());
        std::optional<CaughtInterrupts> interrupts;
        if (client_.common.json) {
            interrupts.emplace(io_, *stop, CaughtInterrupts::brief);
            stop_ = &*stop;
        }
        if (const auto resolved = client_.resolve(target, connect_timeout_, stop_); !resolved)
            return client_.fail(io_, resolved.error(), status_of(resolved.error()), target.named());
        if (!path_.is_requested())
            return talk(target);
        if (!interrupts)
            interrupts.emplace(io_, *stop, CaughtInterrupts::brief);
        return path_.run(target, *stop);
    }

    int talk(const Target& target) {
        auto opened = datagram_settings_.open(target.endpoints, false);
        if (!opened)
            return client_.fail(io_, opened.error(), exit_refused, target.named());
        target_ = target.text;
        endpoints_ = target.endpoints;
        peer_ = opened->peer;
        probe::ExchangeOptions options{timeout(), static_cast<unsigned>(retries_),
                                       !client_.no_verify, [this] { return look(true); }, stop_};
        if (!opened->connected)
            options.destination = opened->peer;
        if (!client_.source_ports)  // else a new socket would be the same
            options.reopen = [this] { return reopen(peer_); };
        probe::Exchange exchange(opened->socket, options);
        return client_.has_message() ? say(exchange) : pipe(exchange);
    }

    std::chrono::nanoseconds timeout() const { return client_.reply_timeout(); }
    bool interrupted() const { return stop_ != nullptr && stop_->raised(); }

    net::Result<net::Socket> reopen(const net::Endpoint& peer) const {
        return datagram_settings_.open(std::span(&peer, 1), false)
            .map([](probe::DatagramSocket&& opened) { return std::move(opened.socket); });
    }

    // The socket of a lane. It is for the first of the addresses to which there is a route.
    net::Result<probe::DatagramSocket> open(std::span<const net::Endpoint> endpoints,
                                            std::size_t lane) const {
        auto opened = datagram_settings_.open(endpoints, false, lane);
        if (!opened)
            return opened;
        const auto stamped = stamp(opened->socket);
        if (!stamped)
            return net::fail(stamped.error());
        opened->stamped = *stamped;
        return opened;
    }

    // The sockets for one server; all use the first of its addresses to which there is a route.
    struct Server {
        std::vector<probe::DatagramSocket> sockets;
        net::Endpoint peer;
    };

    // Opens all sockets, before the first datagram is sent.
    net::Status open_all(const Target& target, Server& server) const {
        std::vector<net::Endpoint> endpoints = target.endpoints;
        while (server.sockets.size() < measuring_.connections()) {
            auto next = open(endpoints, server.sockets.size());
            if (!next)
                return net::fail(next.error());
            server.peer = next->peer;
            endpoints = {next->peer};
            server.sockets.push_back(std::move(*next));
        }
        return {};
    }

    // An endless run opens its sockets later. Until the name is resolved, the family may be
    // unknown.
    net::Status check_ports(const Target& target) const {
        const auto address = net::Endpoint::parse(target.host);
        const net::Family family = address ? address->unmapped().family() : client_.family();
        return family == net::Family::any ? net::Status() : client_.check_source_ports(family, 0);
    }

    // The kernel's time of sending would leave out the queue of this host's own interface, which
    // may be the one that a load fills.
    net::Result<bool> stamp(net::Socket& socket) const {
        const bool starts_in_program = measuring_.is_open_loop() || measuring_.has_load();
        return datagram_settings_.stamp(
            socket, starts_in_program ? net::Stamps::arrivals : net::Stamps::arrivals_and_sends);
    }

    // Interrupts act as in resolve_and_run(); returns an exit status after one that came before all
    // names were resolved.
    std::optional<int> resolve_all(std::vector<Target>& targets,
                                   std::vector<net::Status>& resolved) {
        if (client_.common.json)
            if (const auto status = measuring_.catch_interrupts(names_of(targets)))
                return status;
        std::vector<std::string> names;
        for (const Target& target : targets)
            names.push_back(target.text);
        measuring_.prepare(
            names, stats::Phase::resolving, !client_.common.quiet, [&](std::size_t index) {
                resolved[index] =
                    client_.resolve(targets[index], connect_timeout_, measuring_.stop());
            });
        std::optional<int> status;
        if (measuring_.is_interrupted() && !std::ranges::all_of(resolved, &net::Status::has_value))
            for (std::size_t i = 0; i < targets.size(); ++i)
                status = resolved[i] ? measuring_.fail_interrupted(targets[i].named())
                                     : client_.fail(io_, resolved[i].error(), status_of_interrupt(),
                                                    targets[i].named());
        return status;
    }

    // An endless run looks up the names itself.
    int measure(const Cli& cli, std::vector<Target>& targets) {
        if (const auto status = measuring_.open_metrics(targets))
            return *status;
        std::vector<net::Status> resolved(targets.size());
        if (!measuring_.is_endless())
            if (const auto status = resolve_all(targets, resolved))
                return *status;
        if (stamp_.is_requested())
            if (const auto mistake =
                    stamp_.size_mistake(measuring_.size(), datagram_settings_.dscp());
                !mistake.empty())
                return cli.refuse(io_, mistake);
        payload_.emplace(measuring_.size());
        std::deque<Server> servers;
        std::vector<Subject> subjects;
        int status = exit_ok;
        for (std::size_t i = 0; i < targets.size(); ++i) {
            Server& server = servers.emplace_back();
            if (measuring_.is_endless())
                resolved[i] = check_ports(targets[i]);
            else if (resolved[i])
                resolved[i] = open_all(targets[i], server);
            if (!resolved[i]) {
                const net::Error& error = resolved[i].error();
                status = std::max(status,
                                  client_.fail(io_, error, status_of(error), targets[i].named()));
                measuring_.note_unmeasured(targets[i], error);
                continue;
            }
            if (!server.sockets.empty() && measuring_.size() > max_payload(server.peer))
                return cli.refuse(io_,
                                  fmt::format("--size: a datagram to {} holds at most {} bytes",
                                              server.peer.address(), max_payload(server.peer)));
            subjects.push_back(subject(targets[i], server));
        }
        is_compact_ = measuring_.is_compact(subjects.size());
        const auto is_stamped = [](const Server& server) {
            return std::ranges::any_of(server.sockets, &probe::DatagramSocket::stamped);
        };
        if (measuring_.is_endless() || std::ranges::any_of(servers, is_stamped))
            net::await_timestamps();
        Server unopened;
        return measuring_.run(std::move(subjects), status,
                              [&](const Target& target) { return subject(target, unopened); });
    }

    std::unique_ptr<probe::DatagramForm> form(std::uint64_t first_sequence) const {
        if (stamp_.is_requested())
            return stamp_.form(measuring_.size(), datagram_settings_.dscp(), first_sequence);
        return std::make_unique<probe::EchoForm>(*payload_, first_sequence);
    }

    Subject subject(const Target& target, Server& server) {
        Subject subject = measuring_.subject(target, connect_timeout_);
        if (!server.sockets.empty()) {
            subject.server = server.peer;
            subject.hint = hint_of_others(target.endpoints, server.peer);
        }
        subject.make_lane = [this, &server](std::size_t number, const net::Endpoint& address,
                                            const probe::MeasurePlan& plan,
                                            probe::Measured& measured) {
            return make_lane(server, number, address, plan, measured);
        };
        return subject;
    }

    net::Result<std::unique_ptr<probe::Lane>> make_lane(Server& server, std::size_t number,
                                                        const net::Endpoint& address,
                                                        const probe::MeasurePlan& plan,
                                                        probe::Measured& measured) {
        // Runs after the first one open their own.
        auto opened = number < server.sockets.size() && server.sockets[number].socket.valid()
                          ? net::Result<probe::DatagramSocket>(std::move(server.sockets[number]))
                          : open(std::span(&address, 1), number);
        if (!opened)
            return net::fail(opened.error());
        probe::DatagramLaneOptions options;
        options.to_many = datagram_settings_.broadcast();
        options.source_port = client_.source_port(number);
        if (!options.to_many)
            options.reopen = [this, number](const net::Endpoint& other) {
                return open(std::span(&other, 1), number);
            };
        if (is_compact_ && measuring_.has_one_thread() && plan.rate <= 0) {
            if (batch_ == nullptr)
                if (auto made = probe::make_batch(plan, measuring_.size()); made)
                    batch_ = std::move(*made);
            options.batch = batch_;
        }
        return probe::DatagramLane::create(plan, measured, form(plan.first_sequence),
                                           std::move(*opened), options);
    }

    int say(probe::Exchange& exchange) {
        put(exchange, client_.message(), {});
        return conclude(exchange, {});
    }

    int pipe(probe::Exchange& exchange) {
        net::LineReader reader(io_.in, longest_line, stop_);
        // Lines typed on a terminal, or replies printed there, already show the progress.
        const bool shown =
            net::platform::is_terminal(io_.in) || (!client_.common.json && io_.out.is_terminal());
        live_.emplace(io_.err, !client_.common.quiet && !shown);
        for (;;) {
            look(false);
            auto line = reader.next();
            if (!line)
                return conclude(exchange, line.error());
            if (!*line || io_.out.error() || interrupted())
                return conclude(exchange, {});
            put(exchange, **line, fmt::format("line {}: ", counts_.lines + 1));
        }
    }

    void put(probe::Exchange& exchange, const std::string& text, const std::string& which) {
        const auto done = exchange.send(text);
        const SentDatagram datagram{text.size(), peer_, timeout(), endpoints_};
        ++counts_.lines;
        const bool was_refused = done.end == probe::Exchanged::End::unsent;
        const unsigned sent = done.tries - (was_refused ? 1 : 0);
        counts_.sent += sent;
        counts_.sent_bytes += sent * text.size();
        if (done.end == probe::Exchanged::End::interrupted)
            return;
        const bool has_reply = done.end == probe::Exchanged::End::answered ||
                               done.end == probe::Exchanged::End::different;
        const bool answered = done.end == probe::Exchanged::End::answered;
        counts_.received += answered ? 1 : 0;  // what is not the echo is not received
        counts_.received_bytes += answered ? done.reply.size() : 0;
        if (has_reply && !client_.common.json) {
            io_.out.write(done.reply);
            io_.out.flush();
        }
        if (done.end == probe::Exchanged::End::different)
            ++counts_.corrupted;
        else if (!has_reply)
            note_failed(sent > 0, kind_of(done, datagram));
        if (answered && done.rtt)
            round_trips_.record(*done.rtt);
        if (live_ && (!answered || client_.common.verbose))
            live_->erase();
        if (!answered)
            print_error(io_, "udpecho", failure_ = explain(done, datagram, which));
        else if (client_.common.verbose)
            io_.err.print("udpecho: {}{} from {}{} (tries: {})\n", which,
                          report::counted(done.reply.size(), "byte"), peer_.to_string(),
                          done.rtt ? " in " + net::format_approximately(*done.rtt) : "",
                          done.tries);
    }

    // Draws the progress line if it is due; returns when it is due next.
    net::Deadline look(bool awaits_reply) {
        if (!live_)
            return net::no_deadline;
        if (net::Clock::now() >= live_->due())
            live_->draw(progress(awaits_reply));
        return live_->due();
    }

    std::vector<std::string> progress(bool awaits_reply) const {
        const auto elapsed = net::Clock::now() - begin_;
        const double seconds = std::chrono::duration<double>(elapsed).count();
        std::vector<std::string> pieces{
            net::format_approximately(elapsed), report::counted(counts_.lines, "line"),
            fmt::format("{:.1f}/s", static_cast<double>(counts_.lines) / seconds)};
        const stats::Summary rtt = round_trips_.summary();
        if (rtt.count > 0)
            pieces.push_back(fmt::format("p50 {}", net::format_approximately(*rtt.p50)));
        if (report::carries_percentile(rtt.count, 0.99))
            pieces.push_back(fmt::format("p99 {}", net::format_approximately(*rtt.p99)));
        if (counts_.lost > 0)
            pieces.push_back(fmt::format("{} lost", counts_.lost));
        if (counts_.unsent > 0)
            pieces.push_back(fmt::format("{} unsent", counts_.unsent));
        if (awaits_reply)
            pieces.push_back(fmt::format("waiting for line {}", counts_.lines + 1));
        return pieces;
    }

    void note_failed(bool was_sent, const stats::Failure& kind) {
        ++(was_sent ? counts_.lost : counts_.unsent);
        ++errors_[kind];
        auto& listed = was_sent ? lost_lines_ : unsent_lines_;
        if (listed.size() < max_listed)
            listed.push_back(counts_.lines);
    }

    static report::Json numbers(const std::vector<std::uint64_t>& lines) {
        auto list = report::Json::array();
        for (const std::uint64_t line : lines)
            list.push(line);
        return list;
    }

    int conclude(const probe::Exchange& exchange, const net::Error& input) {
        live_.reset();
        if (!input.action.empty())
            print_error(io_, "udpecho", input);
        if (client_.common.json)
            io_.out.print("{}\n", json(exchange, input).to_string());
        if (!input.action.empty())
            return finish(io_, "udpecho", exit_output);
        if (interrupted())
            return finish(io_, "udpecho", status_of_interrupt());
        const bool good = counts_.lost == 0 && counts_.unsent == 0 && counts_.corrupted == 0;
        return finish(io_, "udpecho", good ? exit_ok : exit_mismatch);
    }

    report::Json json(const probe::Exchange& exchange, const net::Error& input) const {
        auto json = client_.result({target_, peer_});
        json.set("peer", peer_.to_string())
            .set("lines", counts_.lines)
            .set("sent", counts_.sent)
            .set("received", counts_.received)
            .set("lost", counts_.lost)
            .set("corrupted", counts_.corrupted)
            .set("late", exchange.late())
            .set("unsent", counts_.unsent)
            .set("sent_bytes", counts_.sent_bytes)
            .set("received_bytes", counts_.received_bytes)
            .set("duplicated", exchange.duplicated())
            .set("lost_lines", numbers(lost_lines_))
            .set("unsent_lines", numbers(unsent_lines_))
            .set("errors", report::to_json(errors_));
        if (const net::Error reason = failure(input); !reason.action.empty())
            json.set("error", to_json(reason));
        return json;
    }

    // The error that ended the command, or that of the only message. Errors of single lines have
    // been printed before.
    net::Error failure(const net::Error& input) const {
        if (!input.action.empty())
            return input;
        if (interrupted())
            return {net::platform::error_of(std::errc::operation_canceled),
                    "exchange with",
                    peer_.to_string(),
                    "interrupted",
                    {}};
        return client_.has_message() ? failure_ : net::Error();
    }

    static constexpr std::size_t max_listed = 1000;

    Io io_;
    ClientOptions client_{"udpecho", net::Transport::udp};
    std::int64_t retries_ = 0;
    std::chrono::nanoseconds connect_timeout_{default_connect_timeout};
    Measuring measuring_{io_, client_};
    DatagramSettings datagram_settings_{client_};
    PathProbe path_{io_, client_, datagram_settings_};
    Stamp stamp_;
    UdpListen listen_{io_, client_, measuring_.metrics(), stamp_};
    std::optional<probe::Payload> payload_;
    bool is_compact_ = false;
    std::shared_ptr<net::DatagramBatch> batch_;  // of all lanes, if they are many on one thread
    std::string target_;
    std::vector<net::Endpoint> endpoints_;  // of the server's name
    net::Endpoint peer_;

    const net::StopSignal* stop_ = nullptr;  // set while interrupts are caught
    net::Error failure_;                     // of the latest line without a correct reply
    Counts counts_;
    std::vector<std::uint64_t> lost_lines_;
    std::vector<std::uint64_t> unsent_lines_;
    stats::Tally errors_;
    stats::Series round_trips_;
    const net::Clock::time_point begin_ = net::Clock::now();
    std::optional<ProgressLine> live_;  // only while lines are sent
};

}  // namespace

int udpecho(Args args, Io io) {
    return UdpEcho(io).run(args);
}

}  // namespace sockbox::tools
