// End-to-end tests of echod at the system's limits, on every engine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <optional>
#include <sstream>

#include "paths.h"
#include "serve/engines/engines.h"
#include "tests/echod_client.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using namespace std::chrono_literals;

// The CPU time that a process has used so far (utime and stime in proc(5)).
std::chrono::milliseconds processor_time(int pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text{std::istreambuf_iterator<char>(file), {}};
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string skipped;
    for (int i = 0; i < 11; ++i)
        fields >> skipped;
    long user = 0;
    long system = 0;
    fields >> user >> system;
    return std::chrono::milliseconds((user + system) * 1000 / ::sysconf(_SC_CLK_TCK));
}

// An echod with a limit on its descriptors, and more clients than that.
class LimitedServer {
  public:
    LimitedServer(const std::string& engine, int limit)
        : process_({"/usr/bin/prlimit", fmt::format("--nofile={0}:{0}", limit),
                    SOCKBOX_BIN_DIR "/echod", "--engine", engine, "--workers", "1", "--port", "0",
                    "--bind", "127.0.0.1"}) {
        const std::string line = process_.read_line();
        port_ = port_in(line);
    }

    void fill() {
        for (int i = 0; i < 60; ++i)
            clients_.push_back(connect(port_));
        expect_served(client());
        before_ = processor_time(process_.pid());
    }
    net::Socket& client() { return clients_.front(); }

    void check_and_end() {
        EXPECT_LT(processor_time(process_.pid()) - before_, 500ms);
        expect_served(client());
        clients_.clear();
        auto next = connect(port_);
        expect_served(next);
        next.close();
        process_.send_signal(SIGTERM);
        const Ran ran = process_.wait();
        EXPECT_EQ(ran.status, 0);
        EXPECT_THAT(ran.err, testing::HasSubstr("(EMFILE)"));
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(net::Clock::now() - begin_);
        EXPECT_LE(std::ssize(lines(ran.err)), seconds.count() + 1) << ran.err;  // one per second
    }

  private:
    const net::Deadline begin_ = net::Clock::now();
    Process process_;
    std::string port_;
    std::vector<net::Socket> clients_;
    std::chrono::milliseconds before_{0};
};

class AtTheDescriptorLimit : public testing::TestWithParam<std::string> {};

// Clients beyond the limit wait or are closed; those before it are served, nothing spins, and the
// next one is served when descriptors are free again.
TEST_P(AtTheDescriptorLimit, HeldConnectionsAreServedAndNothingSpins) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "the sanitizer looks at memory through a pipe, and reports what it cannot open";
#endif
    const auto* engine = serve::find_engine(GetParam());
    if (const auto available = engine->available(); !available)
        GTEST_SKIP() << available.error().message();
    if (GetParam() == "iterative")
        GTEST_SKIP() << "serves one at a time by design";
    // A limit one higher or lower may hit a descriptor that the engine needs halfway through.
    std::vector<LimitedServer> servers;
    for (const int limit : {31, 32, 33})
        servers.emplace_back(GetParam(), limit);
    for (LimitedServer& server : servers)
        server.fill();
    const auto silence = net::wait_for(servers.front().client(), net::Direction::receive,
                                       net::deadline_in(1500ms));  // nothing arrives; let time pass
    EXPECT_EQ(silence, net::Readiness::timed_out);
    for (LimitedServer& server : servers)
        server.check_and_end();
}

// A server for one client, started by a shell that has set a limit ("ulimit -n 8").
class OnceWithin {
  public:
    OnceWithin(const std::string& engine, const std::string& limit)
        : shell_({"/bin/sh", "-c",
                  limit + "; \"$echod\" --once --workers 2 --engine " + engine +
                      " --port 0 --bind 127.0.0.1; echo \"status $?\""},
                 {"echod=" SOCKBOX_BIN_DIR "/echod"}),
          first_line_(shell_.read_line()) {}

    // Whether it has printed its ready line.
    bool is_ready() const { return first_line_.starts_with("listening"); }

    // Expects that it has ended with a single error message, perhaps with a hint.
    std::string complaint() {
        EXPECT_EQ(first_line_, "status 3");
        const std::string err = shell_.wait().err;
        EXPECT_LE(lines(err).size(), 2U) << err;
        return err;
    }

    void expect_datagrams_answered() const {
        auto socket = net::Socket::open(net::Family::ipv4, net::Transport::udp);
        ASSERT_TRUE(socket);
        ASSERT_FALSE(socket->connect(loopback(port_in(first_line_))).failed());
        expect_served(*socket);
    }
    net::Socket client() const { return connect(port_in(first_line_)); }

    // Waits until it has ended because its client has left.
    Ran end() { return shell_.wait(); }

  private:
    Process shell_;
    std::string first_line_;
};

// However few descriptors there are, a server that reports ready has one for a client.
TEST_P(AtTheDescriptorLimit, WithoutOneForAClientItDoesNotStart) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "the sanitizer opens descriptors of its own";
#endif
    if (const auto available = serve::find_engine(GetParam())->available(); !available)
        GTEST_SKIP() << available.error().message();
    std::optional<OnceWithin> server;
    for (int limit = 5;; ++limit) {
        SCOPED_TRACE(limit);
        ASSERT_LT(limit, 20) << "it never starts";
        server.emplace(GetParam(), fmt::format("ulimit -n {}", limit));
        if (server->is_ready())
            break;
        EXPECT_THAT(
            server->complaint(),
            testing::HasSubstr(fmt::format(
                ": needs {} descriptors or more, the limit is {} (EMFILE)\n", limit + 1, limit)));
    }
    server->expect_datagrams_answered();
    auto client = server->client();
    expect_served(client);
    client.close();
    EXPECT_THAT(server->end().out, testing::HasSubstr("status 0"));
}

// The same for memory: what the engine cannot allocate is found out before the ready line. A client
// may still find no memory for its thread or process, and is then turned away.
TEST_P(AtTheDescriptorLimit, WithoutMemoryForTheEngineItDoesNotStart) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "a sanitizer needs terabytes of addresses";
#endif
    if (const auto available = serve::find_engine(GetParam())->available(); !available)
        GTEST_SKIP() << available.error().message();
    int ready = 0;
    for (int mebibytes = 12; ready < 3; ++mebibytes) {
        SCOPED_TRACE(mebibytes);
        ASSERT_LT(mebibytes, 200) << "it never starts";
        OnceWithin server(GetParam(), fmt::format("ulimit -v {}", mebibytes * 1024));
        if (!server.is_ready()) {
            server.complaint();
            continue;
        }
        ++ready;
        server.expect_datagrams_answered();
        server.client().close();
        EXPECT_THAT(server.end().out, testing::ContainsRegex("status [04]\n$"));
    }
}

INSTANTIATE_TEST_SUITE_P(Echod, AtTheDescriptorLimit, testing::ValuesIn(engine_names()),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace sockbox::test
