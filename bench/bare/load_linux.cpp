// A TCP load client that compares every byte: the lower bound for echo, and the load for echod.
#include <fcntl.h>
#include <getopt.h>
#include <sys/epoll.h>

#include <algorithm>
#include <deque>

#include "load.h"

namespace {

using bare::Clock;

constexpr std::size_t room_bytes = 256 * 1024;
constexpr auto patience = std::chrono::seconds(30);

struct Group {
    std::size_t connections;
    std::size_t bytes;
};

struct Options {
    std::size_t port = 0;
    double seconds = 1;
    double warmup = 0;
    std::size_t threads = 1;
    std::size_t depth = 1;  // messages under way on a connection
    bool churn = false;     // a new connection for each message
    bool spins = false;     // instead of sleeping
    std::vector<Group> groups;
};

struct Connection {
    std::size_t group = 0;
    std::size_t bytes = 0;  // of a message
    int socket = -1;
    std::uint64_t place = 0;  // in the pattern
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::uint64_t messages = 0;  // that have come back whole
    std::deque<Clock::time_point> begun{};
};

// Churn would run out of ports: each new connection comes from another address.
int connect_to(std::size_t port, std::size_t number) {
    const int socket = bare::check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    bare::enable(socket, IPPROTO_TCP, TCP_NODELAY);
    bare::enable(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
    sockaddr_in own = bare::loopback(0);
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(number % 250));
    bare::check(::bind(socket, reinterpret_cast<const sockaddr*>(&own), sizeof own), "bind");
    const sockaddr_in server = bare::loopback(port);
    bare::check(::connect(socket, reinterpret_cast<const sockaddr*>(&server), sizeof server),
                "connect");
    bare::check(::fcntl(socket, F_SETFL, O_NONBLOCK), "fcntl");
    return socket;
}

// The connections of one thread.
class Loop {
  public:
    Loop(const Options& options, const bare::Pattern& pattern)
        : options_(options), pattern_(pattern), round_trips_(options.groups.size()) {}

    void add(std::size_t group) {
        Connection& connection = connections_.emplace_back();
        connection.group = group;
        connection.bytes = options_.groups[group].bytes;
        open(connection);
    }

    // Begins on every connection, and returns when each has been answered once: a server may take
    // longer to accept them all than a short run lasts.
    void begin() {
        for (Connection& connection : connections_)
            send(connection, Clock::now());
        for (const auto deadline = Clock::now() + patience; has_starved(); turn())
            if (Clock::now() >= deadline)
                bare::refuse("the server has never answered on some connection");
    }

    void run(const bare::Window& window) {
        window_ = window;
        while (Clock::now() < window.end)
            turn();
    }

    const bare::Histogram& round_trips(std::size_t group) const { return round_trips_[group]; }

  private:
    void turn() {
        const int count = ::epoll_wait(poller_, events_.data(), static_cast<int>(events_.size()),
                                       options_.spins ? 0 : 50);
        for (int i = 0; i < count; ++i)
            handle(*static_cast<Connection*>(events_[static_cast<std::size_t>(i)].data.ptr));
    }

    bool has_starved() const {
        return std::any_of(connections_.begin(), connections_.end(),
                           [](const Connection& one) { return one.messages == 0; });
    }

    void open(Connection& connection) {
        connection.socket = connect_to(options_.port, opened_);
        connection.place = opened_++ * 127 * bare::Pattern::line;
        connection.sent = connection.received = 0;
        epoll_event event{};
        event.events = EPOLLIN | EPOLLOUT | EPOLLET;
        event.data.ptr = &connection;
        bare::check(::epoll_ctl(poller_, EPOLL_CTL_ADD, connection.socket, &event), "epoll_ctl");
    }

    // Sends until so many messages are under way as there may be, or the socket takes no more.
    void send(Connection& one, Clock::time_point now) {
        const std::uint64_t goal =
            one.received / one.bytes * one.bytes + options_.depth * one.bytes;
        while (one.sent < goal) {
            const ssize_t put =
                ::send(one.socket, pattern_.from(one.place + one.sent),
                       std::min(goal - one.sent, bare::Pattern::longest), MSG_NOSIGNAL);
            if (put < 0 && errno == EAGAIN)
                return;
            const auto begun = [&] { return (one.sent + one.bytes - 1) / one.bytes; };
            const std::uint64_t before = begun();
            one.sent += static_cast<std::uint64_t>(bare::check(put, "send"));
            one.begun.insert(one.begun.end(), begun() - before, now);
        }
    }

    void handle(Connection& one) {
        const std::uint64_t before = one.received;
        while (one.received < one.sent) {
            const ssize_t got = ::recv(one.socket, room_.get(), room_bytes, 0);
            if (got < 0 && errno == EAGAIN)
                break;
            if (bare::check(got, "recv") == 0)
                bare::refuse("the server closed a connection");
            compare(one, static_cast<std::size_t>(got));
            if (static_cast<std::size_t>(got) < room_bytes)
                break;  // the next byte is a new event
        }
        const auto now = Clock::now();
        const bool is_back = count(one, before, now);
        if (!options_.churn)
            return send(one, now);
        if (is_back) {
            ::close(one.socket);
            open(one);
            send(one, now);  // including the time to connect
        }
    }

    void compare(Connection& one, std::size_t got) {
        if (got > one.sent - one.received ||
            std::memcmp(room_.get(), pattern_.from(one.place + one.received), got) != 0)
            bare::refuse("received something other than what was sent");
        one.received += got;
    }

    // Counts the messages that have come back whole since `before` bytes; returns whether there are
    // any.
    bool count(Connection& one, std::uint64_t before, Clock::time_point now) {
        const std::uint64_t back = one.received / one.bytes - before / one.bytes;
        for (std::uint64_t i = 0; i < back; ++i) {
            if (window_.includes(now))
                round_trips_[one.group].record(now - one.begun.front());
            one.begun.pop_front();
        }
        one.messages += back;
        return back > 0;
    }

    const Options& options_;
    const bare::Pattern& pattern_;
    int poller_ = bare::check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    std::array<epoll_event, 256> events_{};
    bare::Memory room_ = bare::pages(room_bytes);
    std::deque<Connection> connections_;
    std::uint64_t opened_ = 0;
    bare::Window window_{};
    std::vector<bare::Histogram> round_trips_;  // of each group
};

Options read(int argc, char** argv) {
    Options options;
    for (int letter = 0; (letter = ::getopt(argc, argv, "t:w:j:d:cs")) != -1;) {
        switch (letter) {
            case 't': options.seconds = std::atof(optarg); break;
            case 'w': options.warmup = std::atof(optarg); break;
            case 'j': options.threads = bare::number(optarg); break;
            case 'd': options.depth = bare::number(optarg); break;
            case 'c': options.churn = true; break;
            case 's': options.spins = true; break;
            default: std::exit(1);
        }
    }
    if (argc - optind < 2)
        std::exit(1);
    options.port = bare::number(argv[optind]);
    for (int i = optind + 1; i < argc; ++i) {
        const std::size_t connections = bare::number(argv[i], 'x');
        options.groups.push_back({connections, bare::number(std::strchr(argv[i], 'x') + 1)});
    }
    return options;
}

void print(const Options& options, const std::deque<Loop>& loops, double processor) {
    std::printf("{\"seconds\": %.6f, \"cpu_s\": %.6f, \"groups\": [", options.seconds, processor);
    for (std::size_t group = 0; group < options.groups.size(); ++group) {
        bare::Histogram all;
        for (const Loop& loop : loops)
            all.add(loop.round_trips(group));
        std::printf("%s{\"messages\": %llu, \"bytes\": %zu, \"p50_us\": %.3f, \"p99_us\": %.3f}",
                    group == 0 ? "" : ", ", static_cast<unsigned long long>(all.count()),
                    options.groups[group].bytes, all.microseconds(0.5), all.microseconds(0.99));
    }
    std::puts("]}");
}

}  // namespace

// Usage: bare_load [-t SECONDS] [-w WARMUP] [-j THREADS] [-d DEPTH] [-c] [-s] PORT
// CONNECTIONSxBYTES... Each connection of a group sends a message as soon as an earlier one has
// come back; the warm-up begins when all have been answered. Prints "begin", "end" and, after the
// end of standard input, one line of JSON.
int main(int argc, char** argv) {
    const Options options = read(argc, argv);
    const bare::Pattern pattern;
    std::deque<Loop> loops;
    while (loops.size() < options.threads)
        loops.emplace_back(options, pattern);
    std::size_t next = 0;
    for (std::size_t group = 0; group < options.groups.size(); ++group)
        for (std::size_t i = 0; i < options.groups[group].connections; ++i)
            loops[next++ % loops.size()].add(group);
    for (Loop& loop : loops)
        loop.begin();
    const bare::Window window = bare::window(options.warmup, options.seconds);
    std::vector<std::jthread> threads;
    for (Loop& loop : loops)
        threads.emplace_back([&] { loop.run(window); });
    const double processor = bare::mark(window);
    threads.clear();
    print(options, loops, processor);
}
