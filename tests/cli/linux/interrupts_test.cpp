// Tests of what an interrupt leaves on standard output: a whole result, even if nobody reads it.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <thread>

#include "paths.h"
#include "system/clock.h"
#include "tests/cli/linux/resolving.h"
#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

struct Interrupted {
    Words command;
    std::size_t results;
};

TEST(CaughtInterrupts, WhileANameIsResolvedLeaveAResult) {
    for (const auto& [command, results] :
         {Interrupted{{"echo", "-j", "silent.test", "9", "hello"}, 1},
          {{"echo", "-j", "silent.test", "9"}, 1},
          {{"echo", "-j", "--find-idle", "silent.test", "9"}, 1},
          {{"echo", "-j", "-c", "1", "silent.test", "9"}, 1},
          {{"echo", "-j", "-c", "1", "--target", "silent.test:8", "silent.test", "9"}, 2},
          {{"udpecho", "-j", "silent.test", "9", "hello"}, 1},
          {{"udpecho", "-j", "silent.test", "9"}, 1},
          {{"udpecho", "-j", "--mtu", "silent.test", "9"}, 1},
          {{"udpecho", "-j", "--trace", "silent.test", "9"}, 1},
          {{"udpecho", "-j", "-c", "1", "silent.test", "9"}, 1},
          {{"udpecho", "-j", "--stamp", "silent.test"}, 1},
          {{"udpecho", "-j", "-c", "1", "--target", "silent.test:8", "silent.test", "9"}, 2},
          {{"showip", "-j", "silent.test"}, 1},
          {{"showip", "-j", "-J", "1", "silent.test", "silent2.test", "silent.test"}, 3},
          {{"showip", "-j", "--wait", "1h", "silent.test"}, 1}}) {
        const Ran ran = interrupt_while_resolving(command);
        if (ran.status == refused_world)
            GTEST_SKIP() << "no private namespaces or no python3 here";
        const std::string shown = testing::PrintToString(command);
        EXPECT_EQ(ran.status, 128 + SIGTERM) << shown << ran.err;
        EXPECT_THAT(
            lines(ran.out),
            AllOf(SizeIs(results), Each(AllOf(StartsWith(R"({"tool":")"), HasSubstr("silent"),
                                              HasSubstr(R"("symbol":"ECANCELED")")))))
            << shown << ran.err;
    }
}

TEST(CaughtInterrupts, WhileAServerLooksUpItsAddressLeaveItsResult) {
    for (const Words& command : {Words{"echod", "-j", "-p", "0", "-b", "silent.test"},
                                 {"udpecho", "--listen", "-j", "-p", "0", "-b", "silent.test"}}) {
        const Ran ran = interrupt_while_resolving(command);
        if (ran.status == refused_world)
            GTEST_SKIP() << "no private namespaces or no python3 here";
        EXPECT_EQ(ran.status, 128 + SIGTERM) << ran.err;
        EXPECT_THAT(without_origin(ran.out),
                    AllOf(StartsWith(R"({"tool":")" + command[0] +
                                     R"(","event":"result","error":{"symbol":"ECANCELED")"),
                          testing::EndsWith("}}\n")));
        EXPECT_THAT(ran.err, StartsWith(command[0] + ": resolve silent.test: "));
    }
}

// What is resolved is not measured any more, and has its result, too.
TEST(CaughtInterrupts, WhileAnotherNameIsResolvedLeaveAResultForEach) {
    for (const char* command : {"echo", "udpecho"}) {
        const auto peer = Peer::stream(echo_all);
        const Ran ran = interrupt_while_resolving(
            {command, "-j", "-c", "1", "--target", "silent.test:8", "127.0.0.1", peer.port()});
        if (ran.status == refused_world)
            GTEST_SKIP() << "no private namespaces or no python3 here";
        EXPECT_EQ(ran.status, 128 + SIGTERM) << ran.err;
        EXPECT_THAT(lines(ran.out), AllOf(SizeIs(2), Each(HasSubstr(R"("symbol":"ECANCELED")"))))
            << ran.err;
    }
}

TEST(CaughtInterrupts, EndTheReadingOfNames) {
    Process process({"showip", "-j", "-f", "-"});
    process.write_input("127.0.0.1\n");
    EXPECT_THAT(process.read_line(), HasSubstr(R"("host":"127.0.0.1")"));
    process.send_signal(SIGINT);
    EXPECT_EQ(process.wait().status, 128 + SIGINT);
}

// A pipe that nobody reads.
class UnreadPipe {
  public:
    UnreadPipe() { EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC | O_NONBLOCK), 0); }
    UnreadPipe(const UnreadPipe&) = delete;
    UnreadPipe& operator=(const UnreadPipe&) = delete;
    ~UnreadPipe() {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }
    void fill() {
        const std::string much(4096, '\n');
        while (::write(ends_[1], much.data(), much.size()) > 0) {
        }
    }
    bool is_full() const {
        pollfd entry{ends_[1], POLLOUT, 0};
        return ::poll(&entry, 1, 0) == 0;
    }
    std::string content() {
        std::string text;
        std::array<char, 4096> some{};
        for (ssize_t got = 0; (got = ::read(ends_[0], some.data(), some.size())) > 0;)
            text.append(some.data(), static_cast<std::size_t>(got));
        return text;
    }
    // Opening it gives a description of its own, which blocks.
    std::string path() const {
        return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(ends_[1]);
    }

  private:
    std::array<int, 2> ends_{-1, -1};
};

TEST(CaughtInterrupts, NeedNotBeRepeatedIfNobodyReadsTheOutput) {
    UnreadPipe full;
    full.fill();
    std::atomic<int> asked = 0;
    const auto datagrams = Peer::datagram([&](auto& socket, auto& text, auto& from) {
        ++asked;
        (void)socket.send_to(std::as_bytes(std::span(text)), from);
    });
    const auto streams = Peer::stream([&](net::Socket& socket) {
        for (std::string got; !(got = receive_some(socket)).empty(); ++asked)
            send_text(socket, got);
    });
    const auto silent = Peer::datagram([&](auto&, auto&, auto&) { ++asked; });
    for (const Words& command :
         {Words{"udpecho", "-c", "0", "-i", "20ms", "127.0.0.1", datagrams.port()},
          {"udpecho", "-q", "-c", "0", "-i", "20ms", "127.0.0.1", datagrams.port()},
          {"udpecho", "-j", "-c", "0", "-i", "20ms", "127.0.0.1", datagrams.port()},
          {"udpecho", "-q", "-c", "0", "-i", "20ms", "--report-interval", "20ms", "127.0.0.1",
           datagrams.port()},
          {"echo", "-c", "0", "-i", "20ms", "127.0.0.1", streams.port()},
          {"udpecho", "-j", "-W", "1h", "127.0.0.1", silent.port(), "hello"},
          {"udpecho", "--mtu", "--json", "-W", "1h", "127.0.0.1", silent.port()}}) {
        asked = 0;
        Words words{"/bin/sh", "-c", "exec \"$@\" >" + full.path(), "sh",
                    std::string(SOCKBOX_BIN_DIR "/") + command[0]};
        words.insert(words.end(), command.begin() + 1, command.end());
        Process process(words);
        const auto deadline = net::deadline_in(patience);
        while (asked == 0 && net::Clock::now() < deadline)
            std::this_thread::sleep_for(1ms);
        process.send_signal(SIGINT);
        EXPECT_EQ(process.wait().status, 128 + SIGINT) << testing::PrintToString(words);
    }
}

// What the pipe took before it was full, also without handlers, which the last one does not need.
TEST(CaughtInterrupts, LeaveWholeLinesInAPipeThatNobodyReads) {
    std::string names;
    Words operands{"showip", "--json"};
    for (int i = 0; i < 1000; ++i) {
        names += fmt::format("127.0.{}.{}\n", i / 250, i % 250);
        operands.push_back(fmt::format("127.0.{}.{}", i / 250, i % 250));
    }
    const TemporaryFile file(names);
    auto fastest = net::Clock::duration::max();
    // On a busy machine one of several runs has to be as fast as the manual page promises.
    for (int run = 0; run < 10 && (run < 2 || fastest > 700ms); ++run)
        for (const Words& command : {Words{"showip", "--json", "-f", file.path()}, operands}) {
            UnreadPipe pipe;
            Words words{"/bin/sh", "-c", "exec \"$@\" >" + pipe.path(), "sh",
                        std::string(SOCKBOX_BIN_DIR "/") + command[0]};
            words.insert(words.end(), command.begin() + 1, command.end());
            Process process(words);
            const auto deadline = net::deadline_in(patience);
            while (!pipe.is_full() && net::Clock::now() < deadline)
                std::this_thread::sleep_for(1ms);
            const auto began = net::Clock::now();
            process.send_signal(SIGINT);
            EXPECT_EQ(process.wait().status, 128 + SIGINT);
            fastest = std::min(fastest, net::Clock::now() - began);
            const std::string content = pipe.content();
            EXPECT_THAT(content, testing::EndsWith("}\n"));
            EXPECT_THAT(lines(content),
                        Each(AllOf(StartsWith(R"({"tool":"showip")"), testing::EndsWith("}"))));
        }
    EXPECT_LT(fastest, 700ms);
}

}  // namespace
}  // namespace sockbox::test
