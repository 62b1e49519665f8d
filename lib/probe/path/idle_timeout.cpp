// The connections of a search for the idle timeout.
#include "probe/path/idle_timeout.h"

#include <algorithm>
#include <array>

#include "option/tcp_info.h"
#include "probe/echo_window.h"
#include "probe/lanes/datagram_form.h"

namespace sockbox::probe {
namespace {

using namespace std::chrono_literals;
using net::Clock;
using Duration = std::chrono::nanoseconds;

constexpr std::size_t message_bytes = 16;
// How often the round looks whether it still needs the connections that it watches.
constexpr auto watch_interval = 50ms;

struct Connection {
    enum class State : std::uint8_t { connecting, asking, silent, over };

    net::Socket socket;
    State state = State::connecting;
    Clock::time_point since{};   // when it got into this state
    Duration planned{};          // silence
    Duration silence{};          // that preceded the message that it asks
    std::uint64_t messages = 0;  // sent
    std::size_t echoed = 0;      // bytes of the latest one
    std::uint64_t acked = 0;     // bytes acknowledged before it
    bool ready = false;          // for what it waits for
};

bool is_reset(const std::error_code& code) {
    return code == std::errc::connection_reset || code == std::errc::broken_pipe ||
           code == std::errc::connection_aborted || code == std::errc::connection_refused;
}

class IdleProbe {
  public:
    IdleProbe(const net::Endpoint& server, const IdleOptions& options, const net::StopSignal& stop)
        : server_(server), options_(options), stop_(stop), search_(options.max) {
        connect_.source = options.connect.source;
        connect_.prepare = [this](net::Socket& socket) {
            auto done = socket.set_option(SOL_SOCKET, SO_KEEPALIVE, 0);
            return done && options_.connect.prepare ? options_.connect.prepare(socket) : done;
        };
    }

    IdleFound run() {
        while (is_going_on()) {
            auto plan = search_.plan(options_.connections);
            if (plan.empty())
                break;
            open(plan.size());
            if (!is_going_on())
                break;
            if (connections_.size() < plan.size())
                plan = search_.plan(connections_.size());
            run_round(plan);
        }
        found_.timeout = search_.found();
        found_.silences = search_.silences();
        found_.rounds = search_.round();
        return std::move(found_);
    }

  private:
    using State = Connection::State;

    bool is_going_on() const { return !found_.interrupted && found_.failure.action.empty(); }

    // Connects, and exchanges one message on each connection, so that the server has accepted it.
    void open(std::size_t count) {
        connections_.clear();
        for (std::size_t i = 0; i < count; ++i) {
            auto socket = net::start_connect(server_, connect_);
            if (!socket) {
                note(socket.error());
                break;
            }
            auto& connection = connections_.emplace_back();
            connection.socket = std::move(*socket);
            connection.since = Clock::now();
        }
        settle();
    }

    // Waits until no connection is connecting or asking, and drops those that failed.
    void settle() {
        const auto is_busy = [](const Connection& connection) {
            return connection.state == State::connecting || connection.state == State::asking;
        };
        while (is_going_on() && std::ranges::any_of(connections_, is_busy) &&
               wait(Clock::now() + watch_interval)) {
            for (Connection& connection : connections_)
                take_opening(connection);
        }
        std::erase_if(connections_, [](const Connection& connection) {
            return connection.state != State::silent;
        });
        if (is_going_on() && connections_.empty())
            found_.failure = failure_;
    }

    void take_opening(Connection& connection) {
        const auto waited = Clock::now() - connection.since;
        if (connection.state == State::connecting && connection.ready) {
            const auto connected = net::finish_connect(connection.socket, server_);
            if (!connected)
                return drop(connection, connected.error());
            (void)connection.socket.set_blocking(false);
            (void)connection.socket.set_option(IPPROTO_TCP, TCP_NODELAY, 1);
            ++found_.connections;
            found_.connected = true;
            if (const auto sent = ask(connection); sent.failed())
                drop(connection, broken(sent.error));
        } else if (connection.state == State::connecting && waited >= options_.connect_timeout) {
            drop(connection, {net::platform::error_of(std::errc::timed_out),
                              "connect to",
                              server_.to_string(),
                              {},
                              {}});
        } else if (connection.state == State::asking && connection.ready) {
            const net::Transfer got = take_echo(connection);
            if (got.end())
                drop(connection, broken({}, "the server closed the connection"));
            else if (got.failed())
                drop(connection, broken(got.error));
        } else if (connection.state == State::asking && waited >= options_.timeout) {
            drop(connection, broken(net::platform::error_of(std::errc::timed_out), "no echo"));
        } else if (connection.state == State::silent && connection.ready) {
            drop(connection, broken({}, "the server closed the connection, or sent more"));
        }
    }

    // All connections are silent from the same moment on.
    void run_round(const std::vector<Duration>& plan) {
        for (std::size_t i = 0; i < connections_.size(); ++i) {
            connections_[i].planned = i < plan.size() ? plan[i] : plan.back();
            if (const auto sent = ask(connections_[i]); sent.failed())
                drop(connections_[i], broken(sent.error));
        }
        settle();
        if (!is_going_on())
            return;
        search_.begin_round();
        observe();
        while (is_going_on() && is_needed() && wait(next_due())) {
            for (Connection& connection : connections_)
                take_turn(connection);
        }
        if (is_going_on())
            search_.end_round();
        // Whatever has forgotten a connection would also ignore that it is closed.
        for (Connection& connection : connections_)
            if (connection.state != State::over)
                connection.socket.abort();
    }

    bool is_needed() const {
        const auto now = Clock::now();
        return std::ranges::any_of(connections_, [&](const Connection& connection) {
            return connection.state != State::over &&
                   search_.matters(connection.planned, connection.state == State::silent
                                                           ? now - connection.since
                                                           : connection.silence);
        });
    }

    Clock::time_point next_due() const {
        auto due = search_.watch_until() ? Clock::now() + watch_interval : Clock::time_point::max();
        for (const Connection& connection : connections_)
            if (connection.state == State::silent)
                due = std::min(due, net::deadline_after(connection.since, connection.planned));
            else if (connection.state == State::asking)
                due = std::min(due, net::deadline_after(connection.since, options_.timeout));
        return due;
    }

    void take_turn(Connection& connection) {
        const auto now = Clock::now();
        if (connection.state == State::silent && connection.ready) {
            watch(connection, now - connection.since);
        } else if (connection.state == State::silent &&
                   now >= net::deadline_after(connection.since, connection.planned)) {
            connection.silence = now - connection.since;
            connection.acked = net::acknowledged_bytes(connection.socket).value_or(0);
            if (const auto sent = ask(connection); sent.failed())
                end(connection, is_reset(sent.error) ? IdleEnd::reset : IdleEnd::silence);
        } else if (connection.state == State::asking && connection.ready) {
            const net::Transfer got = take_echo(connection);
            if (got.end())
                end(connection, IdleEnd::close);
            else if (got.failed())
                end(connection, is_reset(got.error) ? IdleEnd::reset : IdleEnd::silence);
            else if (connection.state == State::silent)
                survive(connection);
        } else if (connection.state == State::asking &&
                   now >= net::deadline_after(connection.since, options_.timeout)) {
            const auto acked = net::acknowledged_bytes(connection.socket);
            found_.acknowledged = found_.acknowledged || (acked && *acked > connection.acked);
            end(connection, IdleEnd::silence);
        }
    }

    // Something has come in the silence.
    void watch(Connection& connection, Duration silence) {
        std::array<std::byte, message_bytes> buffer;
        const net::Transfer got = connection.socket.receive(buffer);
        connection.silence = silence;
        if (got.end())
            end(connection, IdleEnd::close, true);
        else if (got.failed())
            end(connection, is_reset(got.error) ? IdleEnd::reset : IdleEnd::silence, true);
        else if (got.done())
            found_.failure = broken({}, "the server sent bytes although it was sent nothing");
    }

    void survive(Connection& connection) {
        connection.state = State::over;
        connection.socket.close();
        search_.survived(connection.silence);
        observe();
    }

    void end(Connection& connection, IdleEnd by, bool watched = false) {
        connection.state = State::over;
        connection.socket.abort();
        search_.ended(connection.silence, by, watched);
        observe();
    }

    net::Transfer ask(Connection& connection) {
        ++connection.messages;
        connection.echoed = 0;
        connection.state = State::asking;
        const net::Transfer sent = connection.socket.send(noise_.message(connection.messages));
        connection.since = Clock::now();
        return sent;
    }

    // The connection is silent from the last byte of the echo on.
    net::Transfer take_echo(Connection& connection) {
        std::array<std::byte, message_bytes + 1> buffer;
        const net::Transfer got = connection.socket.receive(buffer);
        if (!got.done())
            return got;
        const auto rest = noise_.message(connection.messages).subspan(connection.echoed);
        if (got.bytes > rest.size() ||
            !std::equal(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(got.bytes),
                        buffer.begin())) {
            found_.failure = broken({}, "what came back is not the echo of what was sent");
            return got;
        }
        connection.echoed += got.bytes;
        connection.since = Clock::now();
        if (connection.echoed == message_bytes)
            connection.state = State::silent;
        return got;
    }

    // Waits until a connection is ready, at most until `due`. Returns whether to go on.
    bool wait(Clock::time_point due) {
        entries_.assign(1, {stop_.waitable(), POLLIN, 0});
        for (const Connection& connection : connections_) {
            const short events = connection.state == State::connecting ? POLLOUT : POLLIN;
            if (connection.state != State::over)
                entries_.push_back({connection.socket.native(), events, 0});
        }
        const auto left = std::max<Duration>(due - Clock::now(), 0ns);
        const bool any = net::poll_precisely(entries_, left) > 0;
        auto entry = entries_.begin();
        for (Connection& connection : connections_)
            connection.ready = connection.state != State::over && (++entry)->revents != 0 && any;
        found_.interrupted = stop_.raised();
        return !found_.interrupted;
    }

    void observe() {
        if (!options_.observe)
            return;
        IdleProgress progress;
        progress.round = search_.round();
        if (const auto& silences = search_.silences();
            !silences.empty() && silences.back().round == search_.round())
            progress.latest = silences.back();
        progress.found = search_.found();
        progress.round_ends = Clock::now();
        for (const Connection& connection : connections_) {
            if (connection.state == State::over || !search_.matters(connection.planned, {}))
                continue;
            ++progress.connections;
            progress.longest = std::max(progress.longest, connection.planned);
            progress.round_ends = std::max(
                progress.round_ends, net::deadline_after(connection.since, connection.planned));
        }
        options_.observe(progress);
    }

    net::Error broken(const std::error_code& code, std::string detail = {}) const {
        return {code, "exchange with", server_.to_string(), std::move(detail), {}};
    }

    void note(net::Error error) { failure_ = std::move(error); }

    void drop(Connection& connection, net::Error error) {
        connection.state = State::over;
        connection.socket.abort();
        note(std::move(error));
    }

    const net::Endpoint& server_;
    const IdleOptions& options_;
    const net::StopSignal& stop_;
    IdleSearch search_;
    net::ConnectOptions connect_;
    Payload noise_{message_bytes};
    std::vector<Connection> connections_;
    std::vector<net::PollEntry> entries_;
    IdleFound found_;
    net::Error failure_;  // of the last connection that failed before it was silent
};

}  // namespace

IdleFound find_idle_timeout(const net::Endpoint& server, const IdleOptions& options,
                            const net::StopSignal& stop) {
    return IdleProbe(server, options, stop).run();
}

}  // namespace sockbox::probe
