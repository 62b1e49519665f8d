// Tests of when and how signals end every command.
#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <thread>

#include "paths.h"
#include "system/clock.h"
#include "tests/cli/linux/resolving.h"
#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr int ended_by_sigterm = 128 + SIGTERM;

// The only child of a process, once there is one.
pid_t child_of(const Process& parent) {
    const std::string id = std::to_string(parent.pid());
    const auto deadline = net::deadline_in(patience);
    while (net::Clock::now() < deadline) {
        std::ifstream children("/proc/" + id + "/task/" + id + "/children");
        if (pid_t child = 0; children >> child)
            return child;
        std::this_thread::sleep_for(1ms);
    }
    ADD_FAILURE() << "there is no child process";
    return -1;
}

// Sends a signal again and again until the process does not exist any more.
void storm(pid_t process, int number, const std::function<bool()>& until) {
    const auto deadline = net::deadline_in(patience);
    while (!until() && ::kill(process, number) == 0 && net::Clock::now() < deadline)
        std::this_thread::sleep_for(1ms);
}

void expect_to_end_while_resolving(const Words& command) {
    const Ran ran = interrupt_while_resolving(command);
    if (ran.status == refused_world)
        GTEST_SKIP() << "no private namespaces or no python3 here";
    EXPECT_EQ(ran.status, ended_by_sigterm) << testing::PrintToString(command) << ran.err;
}

TEST(Signals, EndEveryCommandWhileItResolvesAName) {
    for (const Words& command : {Words{"showip", "silent.test"},
                                 {"sockopt", "--connect", "silent.test:9", "SO_TYPE"},
                                 {"echod", "-p", "0", "-b", "silent.test"},
                                 {"echo", "silent.test", "9", "hello"},
                                 {"echo", "--json", "-c", "1", "silent.test", "9"},
                                 {"udpecho", "silent.test", "9", "hello"},
                                 {"udpecho", "--mtu", "silent.test", "9"},
                                 {"udpecho", "-c", "1", "silent.test", "9"},
                                 {"udpecho", "--listen", "-p", "0", "-b", "silent.test"}})
        expect_to_end_while_resolving(command);
}

// Opening a FIFO blocks until there is a reader.
TEST(Signals, EndAServerWhileItsPortFileHasNoReader) {
    const TemporaryFile unique;
    const std::string fifo = unique.path() + ".fifo";
    ASSERT_EQ(Process({"/usr/bin/mkfifo", fifo}).wait().status, 0);
    for (const Words& words :
         {Words{"echod", "-p", "0", "-b", "127.0.0.1", "--port-file", fifo},
          Words{"udpecho", "--listen", "-p", "0", "-b", "127.0.0.1", "--port-file", fifo}}) {
        Process server(words);
        server.send_signal(SIGTERM);
        EXPECT_EQ(server.wait().status, ended_by_sigterm);
    }
    std::filesystem::remove(fifo);
}

// The commands in modes that wait without end, with their exit status after SIGTERM.
struct Waiting {
    Words words;
    int status;
};
std::vector<Waiting> waiting_commands(const std::string& stream, const std::string& datagram) {
    const std::string host = "127.0.0.1";
    return {
        {{"showip", "--wait", "1h", "--numeric", "nosuch"}, ended_by_sigterm},
        {{"echod", "-p", "0", "-b", host}, tools::exit_ok},
        {{"echod", "-e", "fork", "-p", "0", "-b", host}, tools::exit_ok},
        {{"echod", "-e", "iterative", "-p", "0", "-b", host}, tools::exit_ok},
        {{"echo", "-W", "1h", host, stream, "hello"}, ended_by_sigterm},
        {{"echo", "-j", "-W", "1h", host, stream, "hello"}, ended_by_sigterm},
        {{"echo", "-c", "0", "-i", "1h", "-W", "1h", host, stream}, tools::exit_ok},
        {{"udpecho", "-W", "1h", host, datagram, "hello"}, ended_by_sigterm},
        {{"udpecho", "-j", "-W", "1h", host, datagram, "hello"}, ended_by_sigterm},
        {{"udpecho", "--mtu", "-W", "1h", host, datagram}, ended_by_sigterm},
        {{"udpecho", "--trace", "-W", "1h", host, datagram}, ended_by_sigterm},
        {{"udpecho", "--listen", "-p", "0", "-b", host}, tools::exit_ok},
    };
}

Words behind(Words before, const Words& command) {
    before.push_back(std::string(SOCKBOX_BIN_DIR "/") + command[0]);
    before.insert(before.end(), command.begin() + 1, command.end());
    return before;
}

class SilentPeers {
  public:
    std::vector<Waiting> commands() const {
        return waiting_commands(stream_.port(), datagram_.port());
    }

  private:
    // Kept open, because a client that sees the end of the connection ends, too.
    std::mutex mutex_;
    std::vector<net::Socket> held_;
    Peer stream_ = Peer::stream([this](net::Socket& socket) {
        const std::lock_guard lock(mutex_);
        held_.push_back(std::move(socket));
    });
    Peer datagram_ = Peer::datagram([](auto&, auto&, auto&) {});
};

TEST(Signals, ThatTheParentBlocksAreHeard) {
    const SilentPeers peers;
    for (const auto& [words, status] : peers.commands()) {
        Process process(behind({"/usr/bin/env", "--block-signal"}, words));
        process.send_signal(SIGTERM);
        // The second if it came before the handlers.
        EXPECT_THAT(process.wait().status, testing::AnyOf(status, ended_by_sigterm))
            << testing::PrintToString(words);
    }
}

// The kernel delivers no signal to this process that it does not catch.
TEST(Signals, EndTheFirstProcessOfANamespace) {
    // With a /proc of the namespace, which sanitizers need.
    const Words first_of_namespace{"/usr/bin/unshare", "-pf", "--mount-proc"};
    if (Process({first_of_namespace[0], "-pf", "--mount-proc", "/bin/true"}).wait().status != 0)
        GTEST_SKIP() << "no PID namespaces here";
    const SilentPeers peers;
    for (const auto& [words, status] : peers.commands()) {
        Process process(behind(first_of_namespace, words));
        const pid_t first = child_of(process);
        storm(first, SIGTERM, [] { return false; });
        EXPECT_THAT(process.wait().status, testing::AnyOf(status, ended_by_sigterm))
            << testing::PrintToString(words);
    }
}

#ifdef SOCKBOX_SANITIZED
#define SKIP_WITHOUT_STRACE() GTEST_SKIP() << "LeakSanitizer cannot work under strace"
#else
#define SKIP_WITHOUT_STRACE()                                       \
    if (Process({"/bin/sh", "-c", "strace -V"}).wait().status != 0) \
    GTEST_SKIP() << "there is no strace"
#endif

// `calls` are delayed for half a second: "rename:delay_exit" …
Words traced(const std::string& calls, const Words& command) {
    return behind(
        {"/usr/bin/strace", "-qq", "-f", "-o", "/dev/null", "-e", "inject=" + calls + "=500000"},
        command);
}

// As soon as a script sees the port file, it may ask for the counters.
TEST(Signals, ARequestForTheCountersRightAfterThePortFileAppearedIsAnswered) {
    SKIP_WITHOUT_STRACE();
    for (const Words& words : {Words{"echod"}, Words{"udpecho", "--listen"}}) {
        const TemporaryFile port_file;
        Words all = words;
        all.insert(all.end(), {"-p", "0", "-b", "127.0.0.1", "--port-file", port_file.path()});
        Process process(traced("rename,renameat,renameat2:delay_exit", all));
        const auto deadline = net::deadline_in(patience);
        while (port_file.content().empty() && net::Clock::now() < deadline)
            std::this_thread::sleep_for(1ms);
        const pid_t server = child_of(process);
        ::kill(server, SIGUSR1);
        EXPECT_THAT(process.read_line(), HasSubstr("listening on"));
        ::kill(server, SIGTERM);
        const Ran ran = process.wait();
        EXPECT_EQ(ran.status, 0) << ran.err;
        EXPECT_THAT(ran.err, testing::ContainsRegex(words[0] + ": .*datagrams received"));
    }
}

TEST(Signals, ARequestDuringTheEndDoesNotHarm) {
    SKIP_WITHOUT_STRACE();
    auto peer = Peer::datagram([](net::Socket& socket, const auto& text, const auto& from) {
        (void)socket.send_to(std::as_bytes(std::span(text)), from);
    });
    for (const auto& [number, words] :
         {std::pair{SIGUSR1, Words{"echod", "-p", "0", "-b", "127.0.0.1"}},
          {SIGUSR1, Words{"udpecho", "--listen", "-p", "0", "-b", "127.0.0.1"}},
          {SIGQUIT, Words{"udpecho", "-c", "1", "127.0.0.1", peer.port()}}}) {
        Process process(traced("exit_group:delay_enter", words));
        process.read_line();  // it has begun, and is strace's only child
        const pid_t traced_one = child_of(process);
        if (number == SIGUSR1)
            ::kill(traced_one, SIGTERM);
        const auto gone = [&] {
            std::ifstream stat("/proc/" + std::to_string(traced_one) + "/stat");
            return !stat.is_open();
        };
        storm(traced_one, number, gone);
        const Ran ran = process.wait();
        EXPECT_EQ(ran.status, 0) << testing::PrintToString(words) << ran.err;
    }
}

// A command that ends by itself, or, if it serves, by SIGTERM.
TEST(Signals, ThatComeLateDoNotChangeTheStatus) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "a sanitizer must be loaded first";
#endif
    const auto streams = Peer::stream(echo_all);
    const auto datagrams = Peer::datagram([](net::Socket& socket, const auto& text, auto& from) {
        (void)socket.send_to(std::as_bytes(std::span(text)), from);
    });
    const std::string host = "127.0.0.1";
    const TemporaryFile page;
    for (const Words& words :
         {Words{"showip", host},
          {"showip", "--json", "localhost"},
          {"sockopt", "SO_TYPE"},
          {"echo", host, streams.port(), "hello"},
          {"echo", "--json", host, streams.port(), "hello"},
          {"echo", "-c", "1", host, streams.port()},
          {"udpecho", host, datagrams.port(), "hello"},
          {"udpecho", "-c", "1", host, datagrams.port()},
          {"udpecho", "-c", "1", "--html", page.path(), host, datagrams.port()},
          {"udpecho", "--mtu", host, datagrams.port()},
          {"echod", "-p", "0", "-b", host},
          {"echod", "-e", "fork", "-p", "0", "-b", host},
          {"udpecho", "--listen", "-p", "0", "-b", host}}) {
        Process process(words, {SOCKBOX_LATE_SIGNALS});
        if (words[0] == "echod" || words[1] == "--listen") {
            process.read_line();
            process.send_signal(SIGTERM);
        }
        const Ran ran = process.wait();
        EXPECT_EQ(ran.status, 0) << testing::PrintToString(words) << ran.err;
    }
}

// Whenever they come after the first one, also while echod waits for its threads or its log.
TEST(Signals, AStormOfThemDoesNotChangeTheStatusOfEchod) {
    for (int run = 0; run < 20; ++run)
        for (const char* engine : {"auto", "epoll", "pool"}) {
            EchoServer server({"-e", engine, "-v"});
            // One that comes a second after the second ends echod.
            const auto deadline = net::deadline_in(500ms);
            const pid_t pid = server.process().pid();
            // It stays a zombie, which takes signals, until it is waited for.
            for (int i = 0; i < 200 && net::Clock::now() < deadline; ++i) {
                ::kill(pid, std::array{SIGTERM, SIGUSR1, SIGINT}[i % 3]);
                std::this_thread::sleep_for(std::chrono::microseconds(10 * run));
            }
            EXPECT_EQ(server.process().wait().status, 0) << engine << ", run " << run;
        }
}

}  // namespace
}  // namespace sockbox::test
