// Tests of `sockopt --watch` with real sockets.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/prctl.h>

#include <csignal>
#include <regex>
#include <thread>

#include "net/streams.h"
#include "option/option.h"
#include "paths.h"
#include "report/json.h"
#include "system/clock.h"
#include "tests/cli/sockopt/run.h"
#include "tests/linux/child.h"
#include "tests/linux/network.h"
#include "tests/linux/terminal.h"

namespace sockbox::test {
namespace {

using namespace std::chrono_literals;
using report::Json;
using testing::AllOf;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

std::string text(const Json& json, std::string_view name) {
    const auto member = json.find(name);
    return member ? member->text().value_or("") : "";
}

// A connection of this process on the loopback interface.
class Connection {
  public:
    explicit Connection(const net::Socket& listener)
        : client(net::connect_to(listener.local().value()).value()),
          server(net::accept(listener, true).socket) {}

    net::Socket client;
    net::Socket server;
};

// Without the note about processes of other users, which only root may inspect.
std::string but_for_others(const std::string& err) {
    static const std::regex note("sockopt: [0-9]+ process(es)? could not be inspected: [^\n]*\n");
    return std::regex_replace(err, note, "");
}

class SockoptWatch : public testing::Test {
  protected:
    void SetUp() override {
        if (forbidden(sockopt({"--pid", std::to_string(::getpid()), "SO_TYPE"})))
            GTEST_SKIP() << "the sockets of another process are not accessible here";
    }

    // Watches the port of `listener`, and has read it once.
    Process watch(const Words& options, std::string_view interval = "20ms") const {
        Words words{"sockopt", "--port", port(), fmt::format("--watch={}", interval)};
        words.insert(words.end(), options.begin(), options.end());
        return Process(words);
    }
    std::string port() const { return std::to_string(listener.local()->port()); }

    // The next object with this event and, if it is given, this name.
    static Json next(Process& process, const std::string& event, const std::string& name = {}) {
        for (;;) {
            auto object = Json::parse(process.read_line()).value();
            if (text(object, "event") == event && (name.empty() || text(object, "name") == name))
                return object;
        }
    }

    net::Socket listener = net::listen_on(net::Endpoint::loopback(net::Family::ipv4)).value();
};

TEST_F(SockoptWatch, ReportsSocketsThatComeChangeAndGo) {
    Process process = watch({"--json"});
    const Json first = next(process, "result");
    EXPECT_EQ(text(*first.find("socket"), "state"), "LISTEN");
    auto connection = std::make_unique<Connection>(listener);
    const std::string peer = connection->client.local()->to_string();
    const Json appeared = next(process, "appeared");
    EXPECT_EQ(text(*appeared.find("socket"), "peer"), peer);
    EXPECT_EQ(appeared.find("socket")->find("pid")->number(), ::getpid());
    EXPECT_FALSE(appeared.find("options")->elements().empty());
    EXPECT_FALSE(text(appeared, "time").empty());

    ASSERT_TRUE(connection->server.set_option(SOL_SOCKET, SO_KEEPALIVE, 1));
    const Json changed = next(process, "changed", "SO_KEEPALIVE");
    EXPECT_EQ(text(*changed.find("socket"), "peer"), peer);
    EXPECT_EQ(changed.find("before")->to_string(), "false");
    EXPECT_EQ(changed.find("value")->to_string(), "true");
    EXPECT_FALSE(changed.find("rate_per_s"));

    const std::string data(5000, 'x');
    ASSERT_TRUE(net::send_all(connection->client, std::as_bytes(std::span(data))));
    double received = 0;
    while (received < 5000) {
        const Json bytes = next(process, "changed", "TCP_INFO.bytes_received");
        EXPECT_EQ(bytes.find("before")->number(), received);
        received = bytes.find("value")->number().value();
        EXPECT_GT(bytes.find("rate_per_s")->number(), 0);
        EXPECT_EQ(text(bytes, "unit"), "bytes");
    }
    connection->client.close();
    EXPECT_EQ(next(process, "changed", "state").find("value")->text(), "CLOSE_WAIT");
    connection.reset();
    const Json gone = next(process, "gone");
    EXPECT_EQ(text(*gone.find("socket"), "peer"), peer);
    EXPECT_EQ(gone.find("seen")->to_string(), "true");
    process.send_signal(SIGINT);
    const Ran ran = process.wait();
    EXPECT_EQ(ran.status, 128 + SIGINT);
    EXPECT_EQ(but_for_others(ran.err), "");
}

TEST_F(SockoptWatch, PrintsTheSameAsText) {
    Process process = watch({"keepalive"});
    EXPECT_THAT(process.read_line(), HasSubstr(" tcp LISTEN 127.0.0.1:"));
    EXPECT_EQ(process.read_line(), "  SO_KEEPALIVE = off");
    ASSERT_TRUE(listener.set_option(SOL_SOCKET, SO_KEEPALIVE, 1));
    EXPECT_THAT(process.read_line(),
                MatchesRegex("20[0-9-]+T[0-9:]+\\.[0-9][0-9][0-9]Z changed: .* tcp LISTEN .*"));
    EXPECT_EQ(process.read_line(), "  SO_KEEPALIVE: off -> on");
    {
        const Connection connection(listener);
        EXPECT_THAT(process.read_line(), HasSubstr("Z appeared: "));
    }
    std::string line = process.read_line();
    while (line.find("Z gone: ") == line.npos)
        line = process.read_line();
    EXPECT_THAT(line, HasSubstr("bytes_received "));
    process.send_signal(SIGTERM);
    EXPECT_EQ(process.wait().status, 128 + SIGTERM);
}

// Ages change with every reading.
TEST_F(SockoptWatch, IsSilentWhileNothingHappens) {
    const Connection connection(listener);
    Process process = watch({"--json", "--type", "tcp"});
    next(process, "result");
    next(process, "result");
    ASSERT_TRUE(listener.set_option(SOL_SOCKET, SO_KEEPALIVE, 1));
    std::size_t readings = 0;
    for (int i = 0; i < 3; ++i) {
        const Json changed = next(process, "changed");
        EXPECT_EQ(text(changed, "name"), "SO_KEEPALIVE") << changed.to_string();
        std::this_thread::sleep_for(100ms);  // for some readings of which nothing may be printed
        ASSERT_TRUE(listener.set_option(SOL_SOCKET, SO_KEEPALIVE, i % 2));
        ++readings;
    }
    EXPECT_EQ(readings, 3U);
}

TEST_F(SockoptWatch, ShowsAgesThatAreAskedFor) {
    const Connection connection(listener);
    Process process = watch({"--json", "tcp_info"});
    EXPECT_GT(next(process, "changed", "TCP_INFO.last_data_recv").find("value")->number(), 0);
}

// Stopped for a while, it divides by the time that has passed.
TEST_F(SockoptWatch, HasTrueRatesAfterItWasStopped) {
    Connection connection(listener);
    Process process = watch({"--json", "tcp_info"}, "100ms");
    next(process, "result");
    next(process, "result");
    process.send_signal(SIGSTOP);
    const std::string data(100'000, 'x');
    ASSERT_TRUE(net::send_all(connection.client, std::as_bytes(std::span(data))));
    const auto pause = 1500ms;
    std::this_thread::sleep_for(pause);
    process.send_signal(SIGCONT);
    const Json bytes = next(process, "changed", "TCP_INFO.bytes_received");
    const double grown =
        bytes.find("value")->number().value() - bytes.find("before")->number().value();
    EXPECT_LE(bytes.find("rate_per_s")->number(),
              grown / std::chrono::duration<double>(pause).count());
    EXPECT_GT(bytes.find("rate_per_s")->number(), 0);
}

TEST_F(SockoptWatch, WatchesADescriptorUntilItIsClosed) {
    auto connection = std::make_unique<Connection>(listener);
    for (const bool reused : {false, true}) {
        const int descriptor = connection->server.native();
        Process process({"sockopt", "--pid", std::to_string(::getpid()), "--fd",
                         std::to_string(descriptor), "--watch=20ms", "--json", "SO_KEEPALIVE"});
        next(process, "result");
        const auto other = net::Socket::open(net::Family::ipv4, net::Transport::udp).value();
        if (reused)
            EXPECT_EQ(::dup2(other.native(), descriptor), descriptor);
        else
            connection->server.close();
        next(process, "gone");
        const Ran ran = process.wait();
        EXPECT_EQ(ran.status, tools::exit_ok);
        EXPECT_THAT(ran.err, HasSubstr(reused ? "is another socket now" : "not open in process"));
        EXPECT_EQ(ran.out, "");
        connection = std::make_unique<Connection>(listener);
    }
}

TEST_F(SockoptWatch, WatchesAProcessUntilItEnds) {
    Process server({"echod", "-p", "0", "-b", "127.0.0.1", "--tcp"});
    server.read_line();
    Process process({"sockopt", "--pid", std::to_string(server.pid()), "--watch=20ms", "--json",
                     "--type", "tcp", "SO_KEEPALIVE"});
    next(process, "result");
    server.send_signal(SIGKILL);
    next(process, "gone");
    const Ran ran = process.wait();
    EXPECT_EQ(ran.status, tools::exit_ok);
    EXPECT_THAT(ran.err, HasSubstr(fmt::format("process {}", server.pid())));
}

TEST_F(SockoptWatch, WatchesSocketsOfItsOwn) {
    for (const Words& form :
         {Words{"--connect", "127.0.0.1:" + port()}, Words{"--listen", "127.0.0.1:0"}, Words{}}) {
        Words words{"sockopt", "--watch=20ms", "--json", "SO_TYPE"};
        words.insert(words.end(), form.begin(), form.end());
        Process process(words);
        next(process, "result");
        process.send_signal(SIGINT);
        EXPECT_EQ(process.wait().status, 128 + SIGINT);
    }
}

TEST_F(SockoptWatch, SeesWhatArrivesOnItsOwnConnection) {
    Process process({"sockopt", "--connect", "127.0.0.1:" + port(), "--watch=20ms", "-j"});
    net::Accepted accepted = net::accept(listener, true);
    next(process, "result");
    ASSERT_TRUE(net::send_all(accepted.socket, std::as_bytes(std::span("hello", 5))));
    EXPECT_EQ(next(process, "changed", "TCP_INFO.bytes_received").find("value")->number(), 5);
    accepted.socket.close();
    EXPECT_EQ(next(process, "changed", "state").find("value")->text(), "CLOSE_WAIT");
}

TEST_F(SockoptWatch, WaitsForSocketsThatDoNotExistYet) {
    const std::string name = fmt::format("w{}", ::getpid());
    Process process({"sockopt", "--process", name, "--watch=20ms", "-j", "SO_TYPE"});
    Process silent({"sockopt", "--process", name, "--watch=20ms", "SO_TYPE"});
    std::this_thread::sleep_for(100ms);  // most probably after the first reading
    const Child child([&] { ::prctl(PR_SET_NAME, name.c_str()); });
    const auto first = Json::parse(process.read_line()).value();
    EXPECT_THAT(text(first, "event"), testing::AnyOf("appeared", "result"));
    EXPECT_EQ(text(*first.find("socket"), "process"), name);
    silent.read_line();
    silent.send_signal(SIGINT);
    EXPECT_THAT(silent.wait().err, testing::AnyOf("", "sockopt: no socket matches yet\n"));
}

TEST_F(SockoptWatch, EndsWhenNobodyReadsItsOutput) {
    const Ran ran = Process({"/bin/sh", "-c",
                             "{ " SOCKBOX_SH_BIN "/sockopt --port " + port() +
                                 " --watch=20ms SO_TYPE; echo status $? >&2; } | head -n 1"})
                        .wait();
    EXPECT_THAT(ran.out, HasSubstr(" tcp LISTEN "));
    EXPECT_EQ(but_for_others(ran.err), "status 0\n");
}

TEST_F(SockoptWatch, EndsWhenItsOutputIsFull) {
    const Ran ran = Process({"/bin/sh", "-c",
                             "exec " SOCKBOX_SH_BIN "/sockopt --port " + port() +
                                 " --watch=20ms SO_TYPE >/dev/full"})
                        .wait();
    EXPECT_EQ(ran.status, tools::exit_output);
    EXPECT_THAT(ran.err, HasSubstr("write standard output: "));
}

TEST_F(SockoptWatch, EndsSoonAfterAnInterrupt) {
    Process process = watch({"SO_TYPE"}, "1h");
    process.read_line();
    const auto begin = net::Clock::now();
    process.send_signal(SIGINT);
    EXPECT_EQ(process.wait().status, 128 + SIGINT);
    EXPECT_LT(net::Clock::now() - begin, 2s) << "200 ms on a machine that is not busy";
}

TEST_F(SockoptWatch, TheTableIsRedrawnInPlace) {
    Connection connection(listener);
    for (const std::uint16_t columns : {std::uint16_t{40}, std::uint16_t{120}}) {
        Terminal terminal(columns);
        Process process({"/bin/sh", "-c",
                         "exec " SOCKBOX_SH_BIN "/sockopt --color never --watch=20ms --port " +
                             port() + " >" + terminal.name()},
                        {"TERM=xterm"});
        const std::string first = terminal.read_until(
            [](const std::string& drawn) { return drawn.find("\x1b[J") != drawn.npos; });
        EXPECT_THAT(first, StartsWith("2 sockets, every 20ms"));
        const int on = columns == 40 ? 1 : 0;
        ASSERT_TRUE(connection.server.set_option(SOL_SOCKET, SO_KEEPALIVE, on));
        const std::string change = on != 0 ? "SO_KEEPALIVE: off -> on" : "SO_KEEPALIVE: on -> off";
        const std::string rest = terminal.read_until(
            [&](const std::string& drawn) { return drawn.find(change) != drawn.npos; });
        EXPECT_THAT(rest, HasSubstr(change));
        const std::regex up("\r\x1b\\[[0-9]+A2 sockets");
        EXPECT_TRUE(std::regex_search(rest, up)) << "it is drawn over the previous one";
        EXPECT_EQ(rest.find("\x1b[2J"), rest.npos) << "clearing would flicker";
        for (std::string line : lines(first)) {
            line = std::regex_replace(line, std::regex("\x1b\\[[0-9]*[A-Z]|\r"), "");
            EXPECT_LT(line.size(), columns) << line;
        }
        process.send_signal(SIGINT);
        EXPECT_EQ(process.wait().status, 128 + SIGINT);
    }
}

TEST_F(SockoptWatch, ATerminalThatCannotRedrawGetsEvents) {
    Terminal terminal(120);
    Process process({"/bin/sh", "-c",
                     "exec " SOCKBOX_SH_BIN "/sockopt --watch=20ms --port " + port() +
                         " SO_TYPE >" + terminal.name()},
                    {"TERM=dumb"});
    EXPECT_THAT(terminal.read_until([](const std::string& shown) {
        return shown.find("SO_TYPE = SOCK_STREAM") != shown.npos;
    }),
                HasSubstr("SO_TYPE = SOCK_STREAM"));
}

TEST(SockoptWatchUsage, RefusesWhatDoesNotGoTogether) {
    const auto refused = [](const Words& words, const std::string& why) {
        const Ran ran = sockopt(words);
        EXPECT_EQ(ran.status, tools::exit_usage) << ran.err;
        EXPECT_THAT(ran.err, HasSubstr(why));
    };
    refused({"--watch", "SO_KEEPALIVE=on"}, "--watch only reads: SO_KEEPALIVE");
    refused({"--watch", "--values"}, "--watch and --values are mutually exclusive");
    refused({"--watch", "--story"}, "--watch and --story are mutually exclusive");
    refused({"--watch", "--", "true"}, "--watch and a COMMAND are mutually exclusive");
    refused({"--watch=0"}, "--watch: '0s' is out of range: expected at least 1ms");
    refused({"--watch=soon"}, "--watch: ");
    refused({"--watch="}, "--watch: ");
}

// Connections live for a fraction of a millisecond, between two readings of a second.
TEST(SockoptWatchNamespace, AThousandSocketsASecondComeAndGoAndNoneIsMissed) {
    if (!has_network())
        GTEST_SKIP() << "no network namespaces here";
    const Ran ran = python_in_network(SOCKBOX_SH_TESTS "/short_lived_sockets.py " SOCKBOX_SH_BIN
                                                       "/sockopt 3000 1000")
                        .wait(120s);
    if (ran.err.find("EPERM") != ran.err.npos)
        GTEST_SKIP() << "the sockets of another process are not accessible here";
    EXPECT_THAT(ran.out, StartsWith("gone 3000 missing 0 extra 0 wrong 0 lost 0 ")) << ran.err;
}

}  // namespace
}  // namespace sockbox::test
