// Tests of measuring that need Linux: signals, limits and ICMP errors.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <functional>
#include <future>
#include <thread>

#include "paths.h"
#include "system/clock.h"
#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;

TEST(MeasureProcess, InterruptEndsItWithItsSummary) {
    auto peer = Peer::stream(echo_all);
    Process process({"echo", "--json", "-c", "0", "-i", "20ms", "127.0.0.1", peer.port()});
    EXPECT_THAT(process.read_line(), HasSubstr(R"("event":"reply","seq":1,"rtt_ns":)"));
    process.send_signal(SIGINT);
    const Ran ran = process.wait();
    EXPECT_THAT(lines(ran.out).back(), HasSubstr(R"("event":"result")"));
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
}

TEST(MeasureProcess, InterruptLeavesYoungProbesPending) {
    std::promise<void> both_came;
    auto peer =
        Peer::datagram([&, number = 0](auto& socket, const auto& text, const auto& from) mutable {
            if (number++ == 0)
                (void)socket.send_to(std::as_bytes(std::span(text)), from);
            else
                both_came.set_value();
        });
    Process process(
        {"udpecho", "--json", "-c", "2", "-i", "10ms", "-W", "1h", "127.0.0.1", peer.port()});
    (void)process.read_line();
    ASSERT_EQ(both_came.get_future().wait_for(patience), std::future_status::ready);
    process.send_signal(SIGTERM);
    const Ran ran = process.wait();
    EXPECT_THAT(ran.out, HasSubstr(R"("received":1,"lost":0,"pending":1)"));
    EXPECT_EQ(ran.status, tools::exit_ok);
}

// In the warm-up, nothing has been sent that counts, so nothing is lost.
TEST(MeasureProcess, InterruptBeforeTheFirstMessageIsNoFailure) {
    for (const bool json : {false, true}) {
        std::promise<void> came;
        auto streams = Peer::stream([&](net::Socket& socket) {
            send_text(socket, receive_some(socket));
            came.set_value();
            (void)receive_some(socket);
        });
        Process echo({"echo", json ? "--json" : "-v", "-c", "0", "-i", "1h", "--warmup", "1h",
                      "127.0.0.1", streams.port()});
        ASSERT_EQ(came.get_future().wait_for(patience), std::future_status::ready);
        echo.send_signal(SIGINT);
        Ran ran = echo.wait();
        EXPECT_EQ(ran.status, tools::exit_ok) << ran.out << ran.err;
        EXPECT_THAT(ran.out, HasSubstr(json ? R"("sent":0,)" : "\n0 sent, "));

        std::promise<void> asked;
        auto datagrams = Peer::datagram([&](auto& socket, const auto& text, const auto& from) {
            (void)socket.send_to(std::as_bytes(std::span(text)), from);
            asked.set_value();
        });
        Process udpecho({"udpecho", json ? "--json" : "-v", "-c", "0", "-i", "1h", "--warmup", "1h",
                         "127.0.0.1", datagrams.port()});
        ASSERT_EQ(asked.get_future().wait_for(patience), std::future_status::ready);
        udpecho.send_signal(SIGTERM);
        ran = udpecho.wait();
        EXPECT_EQ(ran.status, tools::exit_ok) << ran.out << ran.err;
        EXPECT_THAT(ran.out, HasSubstr(json ? R"("sent":0,)" : "\n0 sent, "));
    }
}

TEST(MeasureProcess, QuitPrintsAnInterimReportAndTheRunGoesOn) {
    auto peer = Peer::stream(echo_all);
    Process process({"echo", "--json", "-q", "-c", "0", "-i", "5ms", "127.0.0.1", peer.port(),
                     "--report-interval", "50ms"});
    EXPECT_THAT(process.read_line(), HasSubstr(R"("event":"interim")")) << "the handler is there";
    for (int asked = 0; asked < 2; ++asked) {
        process.send_signal(SIGQUIT);
        EXPECT_THAT(process.read_line(), HasSubstr(R"("event":"interim")"));
    }
    process.send_signal(SIGINT);
    const Ran ran = process.wait();
    EXPECT_THAT(lines(ran.out).back(), HasSubstr(R"("event":"result")"));
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
}

// A pipe without a reader, which is soon full.
class FullPipe {
  public:
    FullPipe() {
        EXPECT_EQ(::unlink(name_.path().c_str()), 0);
        EXPECT_EQ(::mkfifo(name_.path().c_str(), 0600), 0);
        end_ = ::open(name_.path().c_str(), O_RDWR | O_CLOEXEC);
        EXPECT_GE(::fcntl(end_, F_SETPIPE_SZ, 4096), 4096);
    }
    ~FullPipe() { ::close(end_); }
    FullPipe(const FullPipe&) = delete;
    FullPipe& operator=(const FullPipe&) = delete;

    const std::string& path() const { return name_.path(); }
    bool is_full() const {
        int bytes = 0;
        return ::ioctl(end_, FIONREAD, &bytes) == 0 && bytes > 3800;
    }

  private:
    const TemporaryFile name_;
    int end_ = -1;
};

bool holds_soon(const std::function<bool()>& condition) {
    const auto deadline = net::deadline_in(patience);
    while (!condition() && net::Clock::now() < deadline)
        std::this_thread::yield();
    return condition();
}

// Whether no signal to the process is waiting for one of its threads to take it.
bool has_taken_signals(int pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("ShdPnd:"))
            return line.find_first_of("123456789abcdef", 7) == line.npos;
    return false;
}

// The first one requests a summary, which cannot be written here.
TEST(MeasureProcess, SecondInterruptEndsItAtOnce) {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "the thread sanitizer keeps signals to itself while a thread is in write(2)";
#endif
    auto stream = Peer::stream(echo_all);
    auto datagrams = Peer::datagram([](auto& socket, const auto& text, const auto& from) {
        (void)socket.send_to(std::as_bytes(std::span(text)), from);
    });
    for (const std::string& words :
         {"/echo --json -c 0 -i 10ms 127.0.0.1 " + stream.port(),
          "/udpecho --json -c 0 -i 10ms 127.0.0.1 " + datagrams.port()}) {
        FullPipe pipe;
        Process process(
            {"/bin/sh", "-c", "exec " SOCKBOX_SH_BIN + words + " >'" + pipe.path() + "'"});
        ASSERT_TRUE(holds_soon([&] { return pipe.is_full(); }));
        process.send_signal(SIGINT);
        ASSERT_TRUE(holds_soon([&] { return has_taken_signals(process.pid()); }));
        process.send_signal(SIGINT);
        const Ran ran = process.wait();
        EXPECT_EQ(ran.status, 128 + SIGINT) << words;
        EXPECT_EQ(ran.err, "");
    }
}

TEST(MeasureProcess, InterimReportsShowBothDirections) {
    Process reflector(
        {"udpecho", "--listen", "--stamp", "--stateful", "-p", "0", "-b", "127.0.0.1"});
    const std::string ready = reflector.read_line();  // "listening on 127.0.0.1:862 (udp)"
    const std::string address = ready.substr(0, ready.find(" ("));
    Process process({"udpecho", "--stamp", "--stateful", "-q", "-c", "0", "-i", "5ms",
                     "--report-interval", "50ms", "127.0.0.1",
                     address.substr(address.rfind(':') + 1)});
    std::string line = process.read_line();
    while (line.ends_with(", nothing is measured yet"))
        line = process.read_line();
    for (int told = 0; told < 2; ++told, line = process.read_line())
        EXPECT_THAT(line, testing::ContainsRegex(", forward 0 lost, mean delay -?[0-9.]+ ms, "
                                                 "backward 0 lost, mean delay -?[0-9.]+ ms$"));
    process.send_signal(SIGINT);
    EXPECT_THAT(process.wait().out, HasSubstr("\nforward: 0 lost, variation "));
}

TEST(MeasureProcess, PageForAFullDeviceIsAFailureOfTheOutput) {
    auto peer = Peer::stream(echo_all);
    const Ran ran =
        run(tools::echo, {"-q", "-c", "1", "127.0.0.1", peer.port(), "--html", "/dev/full"});
    EXPECT_THAT(ran.err, HasSubstr("write /dev/full: No space left on device (ENOSPC)"));
    EXPECT_EQ(ran.status, tools::exit_output);
}

TEST(MeasureProcess, ThePageNamesServersThatWereNotMeasured) {
    auto peer = Peer::stream(echo_all);
    const std::string dead = "127.0.0.1:" + closed_port();
    const std::string told =
        "<h2>" + dead + "</h2>\n<p class=\"bad\">Not measured: connect " + dead;
    const TemporaryFile page;
    EXPECT_EQ(run(tools::echo, {"-q", "-c", "1", "127.0.0.1", peer.port(), "--target", dead,
                                "--html", page.path()})
                  .status,
              tools::exit_refused);
    EXPECT_THAT(page.content(), HasSubstr(told));
    EXPECT_THAT(page.content(), HasSubstr("<h2>127.0.0.1:" + peer.port() + "</h2>"));
    const Ran alone = run(tools::echo, {"-c", "1", "--target", dead, "--html", page.path()});
    EXPECT_THAT(page.content(), HasSubstr(told));
    EXPECT_EQ(alone.out, "");
    EXPECT_EQ(alone.status, tools::exit_refused);
}

// The run survives a restart of its server; messages due in the meantime are counted.
TEST(MeasureProcess, EndlessRunConnectsAgain) {
    auto server = std::make_optional<EchoServer>();
    const std::string port = server->port();
    Process process({"echo", "--json", "-q", "-c", "0", "-i", "10ms", "127.0.0.1", port,
                     "--report-interval", "50ms"});
    const auto wait_for = [&](const char* what, std::int64_t above) {
        const auto deadline = net::deadline_in(patience);
        std::int64_t value = -1;
        while (value <= above && net::Clock::now() < deadline) {
            const std::string line = process.read_line();
            value = std::stoll(line.substr(line.find(what) + std::string_view(what).size()));
        }
        EXPECT_GT(value, above) << what;
        return value;
    };
    const std::int64_t before = wait_for("\"received\":", 0);
    server.reset();
    wait_for("\"unsent\":", 0);
    server.emplace(Words{}, port);
    wait_for("\"received\":", before + 10);
    process.send_signal(SIGINT);
    const Ran ran = process.wait();
    EXPECT_THAT(
        ran.out,
        HasSubstr(R"("errors":[{"symbol":"ECONNREFUSED","code":111,"message":"Connection refused",)"
                  R"("phase":"connect","count":)"));
    EXPECT_THAT(ran.err, HasSubstr(" not sent: connect 127.0.0.1:"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

TEST(MeasureProcess, KernelsViewOfTheConnections) {
    auto peer = Peer::stream(echo_all);
    const Ran json =
        run(tools::echo, {"--json", "-c", "20", "-i", "0", "--tcp-info", "127.0.0.1", peer.port()});
    EXPECT_THAT(
        json.out,
        testing::ContainsRegex(
            R"("tcp_info":\{"connections":1,"min_rtt_ns":[0-9]+000,"retransmits":0,"cwnd_segments":\{"min":[1-9])"));
    const Ran many = run(
        tools::echo, {"-c", "5", "-i", "0", "--reconnect", "--tcp-info", "127.0.0.1", peer.port()});
    EXPECT_THAT(many.out, HasSubstr("kernel: 5 connections, min_rtt 0."));
    const Ran unasked = run(tools::echo, {"--json", "-c", "1", "127.0.0.1", peer.port()});
    EXPECT_THAT(unasked.out, testing::Not(HasSubstr("tcp_info")));
    EXPECT_EQ(run(tools::echo, {"--tcp-info", "127.0.0.1", peer.port(), "x"}).status,
              tools::exit_usage);
}

TEST(MeasureProcess, TooFewDescriptorsAreReportedBeforeTheStart) {
    auto peer = Peer::stream(echo_all);
    Process shell(
        {"/bin/sh", "-c", "ulimit -n 32; " SOCKBOX_SH_BIN "/echo -P 100 127.0.0.1 " + peer.port()});
    const Ran ran = shell.wait();
    EXPECT_THAT(ran.err, HasSubstr("needs 116 descriptors, the limit is 32"));
    EXPECT_EQ(ran.status, tools::exit_refused);
    Process several({"/bin/sh", "-c",
                     "ulimit -n 32; " SOCKBOX_SH_BIN
                     "/echo -j -P 100 --target localhost:7 127.0.0.1 " +
                         peer.port()});
    const Words results = lines(several.wait().out);
    ASSERT_EQ(results.size(), 2U);
    EXPECT_THAT(results[0],
                HasSubstr(R"("mode":"closed","address":"127.0.0.1:)" + peer.port() + '"'));
    EXPECT_THAT(results[1],
                HasSubstr(R"("target":"localhost:7","mode":"closed","address":null,"error")"));
}

TEST(MeasureProcess, RefusedProbesAreNotWaitedFor) {
    const Ran ran = run(tools::udpecho,
                        {"--json", "-c", "3", "-i", "0", "-W", "1h", "127.0.0.1", closed_port()});
    EXPECT_THAT(ran.out, HasSubstr(R"("sent":3,"received":0,"lost":3)"));
    EXPECT_THAT(
        ran.out,
        HasSubstr(R"("message":"port unreachable from 127.0.0.1","phase":"icmp","count":3)"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

}  // namespace
}  // namespace sockbox::test
