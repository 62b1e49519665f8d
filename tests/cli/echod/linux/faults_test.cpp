// Tests of echod when the system fails or interrupts it, with every engine.
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "paths.h"
#include "serve/engines/engines.h"
#include "tests/echod_client.h"

namespace sockbox::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

// What happens within ten seconds of sending a byte: an echo, EOF or an error, or nothing.
enum class Answer : std::uint8_t { echo, closed, nothing };
Answer ask(net::Socket& socket) {
    std::byte byte{42};
    if (!net::send_all(socket, {&byte, 1}))
        return Answer::closed;
    if (net::wait_for(socket, net::Direction::receive, net::deadline_in(10s)) !=
        net::Readiness::ready)
        return Answer::nothing;
    return socket.receive({&byte, 1}).done() ? Answer::echo : Answer::closed;
}

// Ends the traced program: killing strace itself would leave it running.
void end_traced(Process& strace) {
    const std::string id = std::to_string(strace.pid());
    std::ifstream children("/proc/" + id + "/task/" + id + "/children");
    for (int child = 0; children >> child;)
        ::kill(child, SIGTERM);
    EXPECT_EQ(strace.wait().status, 0);
}

class EngineUnderFault : public testing::TestWithParam<std::string> {
  protected:
    void SetUp() override {
        const auto available = serve::find_engine(GetParam())->available();
        if (!available)
            GTEST_SKIP() << available.error().message();
    }
    Words echod(Words before = {}) const {
        const Words command{SOCKBOX_BIN_DIR "/echod",
                            "--engine",
                            GetParam(),
                            "--workers",
                            "1",
                            "--port",
                            "0",
                            "--bind",
                            "127.0.0.1",
                            "--drain-timeout",
                            "2s"};
        before.insert(before.end(), command.begin(), command.end());
        return before;
    }
};

INSTANTIATE_TEST_SUITE_P(Echod, EngineUnderFault, testing::ValuesIn(engine_names()),
                         [](const auto& tested) { return tested.param; });

// accept(2) reports pending network errors of the new socket; they are no reason to stop.
TEST_P(EngineUnderFault, AnAcceptThatFailsIsNotTheEnd) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "LeakSanitizer cannot work under strace";
#endif
    if (!std::ifstream("/usr/bin/strace"))
        GTEST_SKIP() << "strace is not there";
    if (GetParam() == "io_uring")
        GTEST_SKIP() << "strace cannot make an operation of a ring fail; RingAccept does";
    for (const char* error : {"EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "ECONNABORTED", "EINTR",
                              "EPERM", "EPROTO", "ENETDOWN", "EHOSTUNREACH", "EOPNOTSUPP"}) {
        SCOPED_TRACE(error);
        Process server(
            echod({"/usr/bin/strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=accept4", "-e",
                   "inject=accept4:error=" + std::string(error) + ":when=2"}));
        const std::string line = server.read_line();
        if (line.empty())
            GTEST_SKIP() << "strace may not trace here";
        const std::string port = port_in(line);
        for (int i = 0; i < 3; ++i) {
            auto client = connect(port);
            expect_served(client);
        }
        end_traced(server);
    }
}

// A reply that the system refuses does not affect any other.
TEST_P(EngineUnderFault, AReplyThatFailsIsTheOnlyOneLost) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "LeakSanitizer cannot work under strace";
#endif
    if (!std::ifstream("/usr/bin/strace"))
        GTEST_SKIP() << "strace is not there";
    for (const char* error : {"EPERM", "EHOSTUNREACH", "ENOBUFS", "EMSGSIZE", "ECONNREFUSED"}) {
        SCOPED_TRACE(error);
        Words words =
            echod({"/usr/bin/strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=sendmmsg", "-e",
                   "inject=sendmmsg:error=" + std::string(error) + ":when=1"});
        words.emplace_back("--udp");
        Process server(words);
        const std::string line = server.read_line();
        if (line.empty())
            GTEST_SKIP() << "strace may not trace here";
        auto socket = net::bind_datagram(net::Endpoint::loopback(net::Family::ipv4));
        ASSERT_TRUE(socket);
        for (int number = 0; number < 4; ++number) {
            const auto byte = static_cast<std::byte>(number);
            ASSERT_TRUE(socket->send_to({&byte, 1}, loopback(port_in(line))).done());
        }
        for (int number = 1; number < 4; ++number) {
            ASSERT_EQ(net::wait_for(*socket, net::Direction::receive, net::deadline_in(patience)),
                      net::Readiness::ready);
            std::byte got{};
            static_cast<void>(socket->receive_from({&got, 1}));
            EXPECT_EQ(got, static_cast<std::byte>(number));
        }
        end_traced(server);
    }
}

// Stopped and continued repeatedly, which interrupts its system calls.
TEST_P(EngineUnderFault, InterruptionsLoseNoByte) {
    Process server(echod());
    const std::string port = port_in(server.read_line());
    auto client = connect(port);
    std::mt19937 random(1);
    std::vector<std::byte> sent(4 << 20);
    for (std::byte& byte : sent)
        byte = static_cast<std::byte>(random());
    std::thread sender(
        [&] { EXPECT_TRUE(net::send_all(client, sent, net::deadline_in(patience))); });
    std::vector<std::byte> got(sent.size());
    std::size_t size = 0;
    for (int round = 0; size < got.size(); ++round) {
        if (round < 200)
            for (const int number : {SIGSTOP, SIGWINCH, SIGCONT})
                server.send_signal(number);
        ASSERT_EQ(net::wait_for(client, net::Direction::receive, net::deadline_in(patience)),
                  net::Readiness::ready);
        const auto transfer = client.receive(
            std::span(got).subspan(size, std::min<std::size_t>(32768, got.size() - size)));
        ASSERT_TRUE(transfer.done()) << "after " << size;
        size += transfer.bytes;
    }
    sender.join();
    EXPECT_EQ(got, sent);
}

// The number of bytes of `sent` echoed before the connection ends; all of them must be correct.
std::size_t echoed_of(net::Socket& client, const std::vector<std::byte>& sent) {
    static_cast<void>(net::send_all(client, sent, net::deadline_in(patience)));
    static_cast<void>(client.shutdown(net::ShutdownHow::send));
    std::size_t got = 0;
    for (std::vector<std::byte> some(65536);;) {
        EXPECT_EQ(net::wait_for(client, net::Direction::receive, net::deadline_in(patience)),
                  net::Readiness::ready);
        const auto transfer = client.receive(some);
        if (!transfer.done())
            return got;
        const auto part = std::span(some).first(transfer.bytes);
        EXPECT_LE(got + part.size(), sent.size());
        EXPECT_TRUE(
            std::equal(part.begin(), part.end(), sent.begin() + static_cast<std::ptrdiff_t>(got)));
        got += part.size();
    }
}

// Whatever fails for a client, no echoed byte is wrong, and the server goes on, logs and reports
// its state.
TEST_P(EngineUnderFault, WithoutMemoryConnectionsMayEndButNothingElse) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "a sanitizer has its own malloc";
#endif
    std::vector<std::byte> sent(50'000);
    std::mt19937 random(1);
    std::generate(sent.begin(), sent.end(), [&] { return static_cast<std::byte>(random()); });
    for (const char* seed : {"SEED=1", "SEED=2", "SEED=3"}) {
        SCOPED_TRACE(seed);
        Words words = echod();
        *std::next(std::find(words.begin(), words.end(), "--workers")) = "2";
        // Without UDP, because the iterative engine may allocate memory for it after its first
        // client.
        words.insert(words.end(), {"--tcp", "-v", "--max-per-client", "1000"});
        Process server(words, {SOCKBOX_FAILING_MALLOC, seed});
        const std::string port = port_in(server.read_line());
        std::size_t whole = 0;
        for (int i = 0; i < 40; ++i) {
            auto client = connect(port);
            whole += echoed_of(client, sent) == sent.size() ? 1 : 0;
            if (i % 10 == 0)
                server.send_signal(SIGUSR1);
        }
        EXPECT_GE(whole, 5U);
        server.send_signal(SIGTERM);
        const Ran ran = server.wait();
        EXPECT_EQ(ran.status, 0) << ran.err;
    }
}

// A client for which no thread or process can be started is closed, and that is reported. The
// others are served, and so is the next one when they have left.
TEST_P(EngineUnderFault, WithoutThreadsOrProcessesClientsAreClosed) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "a sanitizer needs threads of its own";
#endif
    if (::geteuid() != 0)
        GTEST_SKIP() << "only root can start a server with such a limit as another user";
    // A user of its own, because the limit applies to all processes of a user.
    const std::string user = std::to_string(200'000 + ::getpid());
    Words words = echod(
        {"/usr/bin/setpriv", "--reuid", user, "--clear-groups", "/usr/bin/prlimit", "--nproc=6"});
    // The build may be in a directory that other users cannot access, such as /root.
    const TemporaryFile open_to_all;
    std::filesystem::copy_file(SOCKBOX_BIN_DIR "/echod", open_to_all.path(),
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::permissions(open_to_all.path(), std::filesystem::perms(0755));
    std::replace(words.begin(), words.end(), std::string(SOCKBOX_BIN_DIR "/echod"),
                 open_to_all.path());
    Process server(words);
    const std::string port = port_in(server.read_line());
    std::vector<net::Socket> clients;
    for (int i = 0; i < 20; ++i)
        clients.push_back(connect(port));
    std::size_t echoed = 0;
    std::size_t closed = 0;
    for (net::Socket& client : clients) {
        const Answer answer = ask(client);
        echoed += answer == Answer::echo ? 1 : 0;
        closed += answer == Answer::closed ? 1 : 0;
        if (GetParam() == "iterative")
            break;  // the others wait for the first
    }
    EXPECT_GE(echoed, 1U);
    const bool needs_more = GetParam() == "thread" || GetParam() == "fork" || GetParam() == "pool";
    if (needs_more) {
        EXPECT_EQ(echoed + closed, clients.size());
    }
    clients.clear();
    const auto deadline = net::deadline_in(patience);
    for (bool served = false; !served;) {
        auto next = connect(port);
        ASSERT_TRUE(next.valid());
        served = ask(next) == Answer::echo;
        ASSERT_LT(net::Clock::now(), deadline) << "nobody is served again";
    }
    server.send_signal(SIGTERM);
    const Ran ran = server.wait();
    EXPECT_EQ(ran.status, 0);
    if (needs_more) {
        EXPECT_THAT(ran.err, HasSubstr("Resource temporarily unavailable"));
    }
}

TEST_P(EngineUnderFault, AfterAKillThePortIsTakenAgain) {
    Process first(echod());
    const std::string port = port_in(first.read_line());
    std::vector<net::Socket> clients;
    const int count = GetParam() == "iterative" ? 1 : 100;
    for (int i = 0; i < count; ++i) {
        clients.push_back(connect(port));
        expect_served(clients.back());
    }
    first.send_signal(SIGKILL);
    EXPECT_EQ(first.wait().status, 128 + SIGKILL);
    const auto deadline = net::deadline_in(patience);  // the kernel takes a moment to close a ring
    while (!net::listen_on(loopback(port)))
        ASSERT_LT(net::Clock::now(), deadline) << "the port is still taken";
    Words again = echod();
    *std::find(again.begin(), again.end(), "0") = port;
    Process next(again);
    EXPECT_EQ(port_in(next.read_line()), port);
    auto client = connect(port);
    expect_served(client);
}

TEST_P(EngineUnderFault, AnInterruptAtAnyMomentEndsItWell) {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "this sanitizer holds a signal back until a call that it knows";
#endif
    struct Interrupted {
        Process server;
        std::vector<net::Socket> clients;
    };
    std::vector<Interrupted> all;
    for (int moment = 0; moment < 20; ++moment) {
        auto& [server, clients] = all.emplace_back(Interrupted{Process(echod()), {}});
        const std::string port = port_in(server.read_line());
        const int count = GetParam() == "iterative" ? std::min(moment, 1) : moment % 7;
        for (int i = 0; i < count; ++i) {
            clients.push_back(connect(port));
            std::vector<std::byte> some(static_cast<std::size_t>(i * moment) * 500);
            ASSERT_TRUE(net::send_all(clients.back(), some));
        }
        server.send_signal(SIGINT);
    }
    for (Interrupted& one : all) {
        const Ran ran = one.server.wait();
        EXPECT_EQ(ran.status, 0) << ran.err;
        EXPECT_EQ(ran.err, "");
    }
}

TEST_P(EngineUnderFault, ADrainEndsManyIdleClientsWithAFin) {
    if (GetParam() == "iterative")
        GTEST_SKIP() << "serves one at a time by design";
    Words words = echod();
    words.back() = "5s";
    Process server(words);
    const std::string port = port_in(server.read_line());
    std::vector<net::Socket> clients;
    for (int i = 0; i < 300; ++i)
        clients.push_back(connect(port));
    for (net::Socket& client : clients)
        expect_served(client);
    server.send_signal(SIGTERM);
    for (net::Socket& client : clients) {
        ASSERT_EQ(net::wait_for(client, net::Direction::receive, net::deadline_in(patience)),
                  net::Readiness::ready);
        std::byte unused{};
        EXPECT_TRUE(client.receive({&unused, 1}).end());
        client.close();
    }
    EXPECT_EQ(server.wait().status, 0);
}

TEST(EchodIoUring, ARefusalIsReportedAndAutoTakesTheNext) {
    for (const std::string error : {"38", "1", "12"}) {  // ENOSYS, EPERM, ENOMEM
        SCOPED_TRACE(error);
        const Words refuse{SOCKBOX_SOURCE_DIR "/tests/without_io_uring.py",
                           error,
                           SOCKBOX_BIN_DIR "/echod",
                           "--port",
                           "0",
                           "--bind",
                           "127.0.0.1"};
        Words asked = refuse;
        asked.insert(asked.end(), {"--engine", "io_uring"});
        const Ran refused = Process(asked).wait();
        EXPECT_EQ(refused.status, tools::exit_refused);
        EXPECT_EQ(refused.out, "");
        EXPECT_THAT(refused.err, AllOf(HasSubstr("echod: io_uring setup: "), HasSubstr("hint")));
        Process server(refuse);
        const std::string line = server.read_line();
        EXPECT_THAT(line, HasSubstr("(tcp, epoll, "));
        auto client = connect(port_in(line));
        expect_served(client);
        client.close();
        server.send_signal(SIGTERM);
        const Ran ran = server.wait();
        EXPECT_EQ(ran.status, 0);
        EXPECT_THAT(ran.err, HasSubstr("; falling back to epoll\n"));
        EXPECT_EQ(lines(ran.err).size(), 1U) << ran.err;
    }
}

TEST(Echod, UnwritableReadyLinesAreReportedAtTheEnd) {
    const TemporaryFile port_file;
    Process server(
        {"/bin/sh", "-c", "exec \"$echod\" -p 0 -b 127.0.0.1 --port-file \"$file\" >/dev/full"},
        {"echod=" SOCKBOX_BIN_DIR "/echod", "file=" + port_file.path()});
    const auto deadline = net::deadline_in(patience);
    while (port_file.content().empty())
        ASSERT_LT(net::Clock::now(), deadline) << "it does not get ready";
    server.send_signal(SIGTERM);
    const Ran ran = server.wait();
    EXPECT_EQ(ran.status, tools::exit_output);
    EXPECT_THAT(ran.err, HasSubstr("(ENOSPC)"));
}

}  // namespace
}  // namespace sockbox::test
