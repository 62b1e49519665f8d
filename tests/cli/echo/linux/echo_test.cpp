// Tests of echo as a process: closed and full streams, streams that are not files, and signals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <future>
#include <random>
#include <semaphore>

#include "paths.h"
#include "tests/linux/terminal.h"
#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;

// Runs echo from a shell that sets up its streams; `tcpecho` is the program with its operands.
Ran run_in_shell(const Peer& peer, const std::string& script,
                 std::chrono::seconds limit = patience) {
    Process shell(
        {"/bin/sh", "-c",
         "tcpecho() { " SOCKBOX_SH_BIN "/echo 127.0.0.1 " + peer.port() + " \"$@\"; }\n" + script});
    return shell.wait(limit);
}

TEST(EchoProcess, ClosedInputIsEmptyAndADirectoryIsNamed) {
    auto peer = Peer::stream(echo_all);
    const Ran closed = run_in_shell(peer, "tcpecho <&-");
    EXPECT_EQ(closed.out, "");
    EXPECT_EQ(closed.err, "");
    EXPECT_EQ(closed.status, tools::exit_ok);
    const Ran directory = run_in_shell(peer, "tcpecho </");
    EXPECT_THAT(directory.err, HasSubstr("EISDIR"));
    EXPECT_EQ(directory.status, tools::exit_output);
}

TEST(EchoProcess, WithoutMemoryItEndsByItsOwnName) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "a sanitizer needs much address space";
#endif
    auto peer = Peer::stream(echo_all);
    const Ran ran =
        Process({"/bin/sh", "-c",
                 "ulimit -v 60000; exec " SOCKBOX_SH_BIN "/tcpecho -c 1 -s 64M 127.0.0.1 " +
                     peer.port()})
            .wait();
    EXPECT_EQ(ran.err, "tcpecho: out of memory\n");
    EXPECT_EQ(ran.status, tools::exit_refused);
}

// An echo server returns urgent data like all other data.
TEST(EchoProcess, UrgentDataIsPartOfTheEcho) {
    auto peer = Peer::stream([](net::Socket& socket) {
        std::string text;
        while (!text.ends_with('\n'))
            text += receive_some(socket);
        send_text(socket, text.substr(0, 3));
        (void)::send(socket.native(), text.data() + 3, 1, MSG_OOB);
        send_text(socket, text.substr(4));
    });
    const Ran ran = run_in_shell(peer, "tcpecho abcXdef");
    EXPECT_EQ(ran.out, "abcXdef\n") << ran.err;
    EXPECT_EQ(ran.status, tools::exit_ok);
}

// Whether the client learns first that its input has ended, or that the server has closed, is a
// matter of chance.
TEST(EchoProcess, AServerMayCloseBeforeTheClientOnceEverythingIsBack) {
    std::counting_semaphore<> input_ended(0);
    auto peer = Peer::stream([&](net::Socket& socket) {
        std::string text;
        while (!text.ends_with('\n'))
            text += receive_some(socket);
        input_ended.acquire();
        send_text(socket, text);
    });
    for (int i = 0; i < 10; ++i) {
        input_ended.release();
        const Ran said = run_in_shell(peer, "tcpecho hello");
        EXPECT_EQ(said.out, "hello\n");
        EXPECT_EQ(said.status, tools::exit_ok) << said.err;
        Process process({"echo", "127.0.0.1", peer.port()});
        process.write_input("hello\n");
        process.close_input();
        input_ended.release();
        const Ran piped = process.wait();
        EXPECT_EQ(piped.out, "hello\n");
        EXPECT_EQ(piped.status, tools::exit_ok) << piped.err;
    }
}

TEST(EchoProcess, LinesAreTypedAndTheEndIsControlD) {
    auto peer = Peer::stream(echo_all);
    const Terminal terminal(80);
    Process process(
        {"/bin/sh", "-c",
         "exec " SOCKBOX_SH_BIN "/echo 127.0.0.1 " + peer.port() + " <" + terminal.name()});
    terminal.type("hello\n");
    EXPECT_EQ(process.read_line(), "hello") << "each line at once";
    terminal.type("\x04");
    const Ran ran = process.wait();
    EXPECT_EQ(ran.out, "");
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
}

TEST(EchoProcess, OutputThatCannotBeWrittenIsAFailure) {
    auto peer = Peer::stream(echo_all);
    const Ran full = run_in_shell(peer, "tcpecho hello >/dev/full");
    EXPECT_THAT(full.err, HasSubstr("ENOSPC"));
    EXPECT_EQ(full.status, tools::exit_output);
    const Ran closed = run_in_shell(peer, "tcpecho hello >&-");
    EXPECT_THAT(closed.err, HasSubstr("EBADF"));
    EXPECT_EQ(closed.status, tools::exit_output);
}

TEST(EchoProcess, ClosedPipeEndsItQuietly) {
    auto peer = Peer::stream(echo_all);
    const Ran ran = run_in_shell(peer, "yes | tcpecho | head -1");
    EXPECT_EQ(ran.out, "y\n");
    EXPECT_EQ(ran.err, "");
}

// The peak memory of a process so far, in KiB.
long peak_memory(int pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:"))
            return std::stol(line.substr(6));
    return -1;
}

TEST(EchoProcess, StaysSmallHoweverMuchGoesThroughIt) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "a sanitizer takes memory of its own";
#endif
    std::promise<int> pid;
    long peak = 0;
    Ran ran;
    {
        auto peer = Peer::stream([&](net::Socket& socket) {
            std::size_t left = 100 << 20;
            for (std::string text = receive_some(socket); !text.empty() && left >= text.size();
                 text = receive_some(socket)) {
                left -= text.size();
                send_text(socket, text);
            }
            peak = peak_memory(pid.get_future().get());
        });
        Process process(
            {"/bin/sh", "-c",
             "exec " SOCKBOX_SH_BIN "/echo 127.0.0.1 " + peer.port() + " </dev/zero >/dev/null"});
        pid.set_value(process.pid());
        ran = process.wait();
    }
    EXPECT_EQ(ran.status, tools::exit_mismatch) << "the server had enough: " << ran.err;
    EXPECT_GT(peak, 1024);
    EXPECT_LT(peak, 32 * 1024);
}

// Transfers less in builds that are not optimized.
TEST(EchoProcess, TheSmallestBuffersCarryAllTheSame) {
#if defined(NDEBUG) && !defined(SOCKBOX_SANITIZED)
    constexpr std::size_t bytes = 100 << 20;
#else
    constexpr std::size_t bytes = 8 << 20;
#endif
    auto peer = Peer::stream(echo_all);
    std::string data(bytes, '\0');
    std::generate(data.begin(), data.end(), std::mt19937(1));
    const TemporaryFile file(data);
    const std::string compare = " <'" + file.path() + "' | cmp - '" + file.path() + '\'';
    // Small segments, as in Echo.SmallestBuffersCarryAllTheSame.
    const std::string command = "tcpecho --set SO_SNDBUF=1 --set SO_RCVBUF=1 --set TCP_MAXSEG=536";
    const Ran ran = run_in_shell(peer, command + compare, std::chrono::seconds(100));
    EXPECT_EQ(ran.out + ran.err, "");
    EXPECT_EQ(ran.status, 0);
}

TEST(EchoProcess, InterruptEndsItAsAShellExpects) {
    auto peer = Peer::stream(echo_all);
    for (const int number : {SIGINT, SIGTERM}) {
        Process process({"echo", "127.0.0.1", peer.port()});
        process.write_input("hello\n");
        EXPECT_EQ(process.read_line(), "hello");
        process.send_signal(number);
        EXPECT_EQ(process.wait().status, 128 + number);
    }
}

// With --json the result is printed in any case.
TEST(EchoProcess, WhenInterruptedItPrintsItsResultAsJson) {
    auto peer = Peer::stream(echo_all);
    for (const int number : {SIGINT, SIGTERM}) {
        Process process(
            {"/bin/sh", "-c",
             "exec " SOCKBOX_SH_BIN "/echo --json -v 127.0.0.1 " + peer.port() + " 2>&1"});
        while (process.read_line().find("connected to") == std::string::npos) {
        }
        process.send_signal(number);
        EXPECT_THAT(process.read_line(),
                    HasSubstr("interrupted after 0 bytes sent and 0 received"));
        const std::string result = process.read_line();
        EXPECT_THAT(without_origin(result),
                    testing::StartsWith(R"({"tool":"echo","event":"result","target":)"));
        EXPECT_THAT(result, HasSubstr(R"("symbol":"ECANCELED")"));
        const Ran ran = process.wait();
        EXPECT_EQ(ran.out, "");
        EXPECT_EQ(ran.status, 128 + number);
    }
}

}  // namespace
}  // namespace sockbox::test
