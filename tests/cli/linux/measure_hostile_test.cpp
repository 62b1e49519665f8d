// Tests of measuring with echo when the server or the system fails halfway.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <csignal>

#include "net/streams.h"
#include "paths.h"
#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;

std::int64_t member(const std::string& json, const std::string& name) {
    const std::string key = '"' + name + "\":";
    const std::size_t at = json.find(key);
    EXPECT_NE(at, json.npos) << name << " is missing: " << json;
    return at == json.npos ? -1 : std::stoll(json.substr(at + key.size()));
}

TEST(MeasureHostile, KilledServerEndsTheRunWithItsErrorsByPhase) {
    EchoServer server;
    Process process({"echo", "--json", "-t", "30s", "-P", "4", "-W", "500ms", "--report-interval",
                     "20ms", "127.0.0.1", server.port()});
    while (member(process.read_line(), "received") == 0) {
    }
    server.process().send_signal(SIGKILL);
    const Ran ran = process.wait();
    const std::string result = lines(ran.out).back();
    EXPECT_THAT(result, HasSubstr(R"("event":"result")"));
    EXPECT_EQ(member(result, "sent"),
              member(result, "received") + member(result, "lost") + member(result, "pending"));
    EXPECT_LT(member(result, "duration_ns"), 25'000'000'000) << "long before its time";
    EXPECT_NEAR(static_cast<double>(member(result, "rate_per_s")),
                static_cast<double>(member(result, "received")) * 1e9 /
                    static_cast<double>(member(result, "duration_ns")),
                1)
        << "the rate is that of the time it really took";
    EXPECT_THAT(result,
                HasSubstr(R"("message":"Connection refused","phase":"connect","count":4})"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

// What follows an urgent byte, or the end of a stream, is received although no more arrives.
TEST(MeasureHostile, NothingThatHasArrivedIsLeftUnread) {
    constexpr std::size_t size = 64;
    constexpr std::size_t mark = 10;
    auto urgent = Peer::stream([](net::Socket& socket) {
        std::string text;
        for (std::string more = receive_some(socket); !more.empty(); more = receive_some(socket)) {
            text += more;
            if (text.size() < size)
                continue;
            (void)socket.set_option(IPPROTO_TCP, TCP_CORK, 1);
            (void)::send(socket.native(), text.data(), mark, MSG_OOB);
            (void)::send(socket.native(), text.data() + mark, size - mark, 0);
            (void)socket.set_option(IPPROTO_TCP, TCP_CORK, 0);
            text.clear();
        }
    });
    const Ran ran = run(tools::echo, {"--json", "-q", "-c", "100", "-i", "0", "-W", "2s",
                                      "127.0.0.1", urgent.port()});
    EXPECT_THAT(ran.out, HasSubstr(R"("sent":100,"received":100,"lost":0)")) << ran.err;

    auto closing = Peer::stream([](net::Socket& socket) {
        (void)socket.set_option(IPPROTO_TCP, TCP_CORK, 1);
        send_text(socket, receive_some(socket));
    });
    const Ran closed = run(tools::echo, {"--json", "-q", "-c", "3", "-i", "1ms", "-W", "20s",
                                         "127.0.0.1", closing.port()});
    EXPECT_EQ(member(closed.out, "received"), 3) << closed.out;
    EXPECT_LT(member(closed.out, "duration_ns"), 15'000'000'000);
}

// Replies are far enough apart that some are still awaited.
TEST(MeasureHostile, InterruptedInFullFlightTheCountsAddUp) {
    const EchoServer server({"-e", "epoll", "--fault", "delay=100ms~90ms"});
    for (const char* rate : {"0", "2000"}) {
        Process process({"echo", "--json", "-c", "0", "-P", "20", "--threads", "2", "--rate", rate,
                         "--report-interval", "20ms", "127.0.0.1", server.port()});
        while (member(process.read_line(), "received") == 0) {
        }
        process.send_signal(SIGINT);
        const Ran ran = process.wait();
        const std::string result = lines(ran.out).back();
        EXPECT_THAT(result, HasSubstr(R"("event":"result")"));
        EXPECT_EQ(member(result, "sent"),
                  member(result, "received") + member(result, "lost") + member(result, "pending"));
        EXPECT_EQ(ran.status, tools::exit_ok) << result;
    }
}

// Messages due in the meantime count from when they were due, and the report states that the client
// was late.
// What came due meanwhile is missed, and not sent in a burst afterwards.
TEST(MeasureHostile, ClientThatWasStoppedBlamesItself) {
    EchoServer server({"-e", "epoll"});
    Process process({"echo", "--json", "-c", "0", "--rate", "500", "--report-interval", "20ms",
                     "127.0.0.1", server.port()});
    while (member(process.read_line(), "received") == 0) {
    }
    process.send_signal(SIGSTOP);
    const net::Socket silent = *net::bind_datagram(net::Endpoint::loopback(net::Family::ipv4));
    (void)net::wait_for(silent, net::Direction::receive,
                        net::deadline_in(std::chrono::milliseconds(300)));
    process.send_signal(SIGCONT);
    const auto deadline = net::deadline_in(patience);
    while (member(process.read_line(), "missed_slots") < 100 && net::Clock::now() < deadline) {
    }
    process.send_signal(SIGINT);
    const std::string result = lines(process.wait().out).back();
    EXPECT_GE(member(result, "missed_slots"), 100) << "of 150 in 300 ms";
    EXPECT_EQ(member(result, "lost"), 0);
}

TEST(MeasureHostile, PortsThatRunOutAreCountedAndExplained) {
    const Ran ran =
        Process({SOCKBOX_SOURCE_DIR "/tests/with_few_ports", SOCKBOX_BIN_DIR "/echod",
                 SOCKBOX_BIN_DIR "/echo", "--json", "-P", "10", "-c", "100", "127.0.0.1", "3490"})
            .wait();
    if (ran.status == 77)
        GTEST_SKIP() << "no network namespaces here";
    EXPECT_EQ(member(ran.out, "received"), 100) << "by the four that have a port";
    EXPECT_THAT(ran.out,
                HasSubstr(R"("message":"Cannot assign requested address, no local port is )"
                          R"(left","phase":"connect","count":6})"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

// However the run ends: a single line of JSON, only finite numbers, and the documented exit status.
TEST(MeasureHostile, EveryEndIsOneResultOfFiniteNumbers) {
    net::Socket held;
    auto silent = Peer::stream([&](net::Socket& socket) { held = std::move(socket); });
    auto corrupt = Peer::stream([](net::Socket& socket) {
        for (std::string text = receive_some(socket); !text.empty(); text = receive_some(socket)) {
            text[0] ^= 1;
            send_text(socket, text);
        }
    });
    auto resetting = Peer::stream([](net::Socket& socket) {
        receive_some(socket);
        socket.abort();
    });
    auto good = Peer::stream(echo_all);
    const struct {
        const char* name;
        std::string port;
        Words more;
        int status;
    } ends[] = {
        {"refused", closed_port(), {}, tools::exit_refused},
        {"silent", silent.port(), {"-W", "50ms"}, tools::exit_mismatch},
        {"corrupt", corrupt.port(), {}, tools::exit_mismatch},
        {"reset", resetting.port(), {}, tools::exit_mismatch},
        {"one sample", good.port(), {}, tools::exit_ok},
        {"broken bound", good.port(), {"--assert", "max<1ns"}, tools::exit_mismatch},
        {"unresolved", "7", {"-4"}, tools::exit_unresolved},
    };
    for (const auto& end : ends) {
        Words words{"--json",
                    "-q",
                    "-c",
                    "1",
                    end.name == std::string_view("unresolved") ? "a..b" : "127.0.0.1",
                    end.port};
        words.insert(words.end(), end.more.begin(), end.more.end());
        const Ran ran = run(tools::echo, words);
        EXPECT_EQ(lines(ran.out).size(), 1U) << end.name << ": " << ran.out;
        EXPECT_THAT(without_origin(ran.out),
                    testing::StartsWith(R"({"tool":"echo","event":"result","target":)"))
            << end.name;
        EXPECT_THAT(ran.out, testing::Not(testing::ContainsRegex(":-0[,}]|:-?nan|:-?inf")))
            << end.name;
        EXPECT_EQ(ran.status, end.status) << end.name << ": " << ran.err;
    }
}

TEST(MeasureHostile, NumbersFollowTheirGrammarInAnyLocale) {
    const std::string port = closed_port();  // a valid command line gets as far as being refused
    const auto status = [&](const char* option, const char* value) {
        Process process({"echo", "-q", "-c", "1", option, value, "127.0.0.1", port},
                        {"LC_ALL=de_DE.UTF-8"});
        const Ran ran = process.wait();
        if (ran.status == tools::exit_usage) {
            EXPECT_THAT(ran.err, HasSubstr(value));
        }
        return ran.status;
    };
    for (const char* good : {"1", "1s", "0.5ms", "1us", "2h"})
        EXPECT_EQ(status("-t", good), tools::exit_refused) << good;
    for (const char* bad : {"1 s", "1,5s", "inf", "nan", "1ss", "1e3", "0x1", "+1", "-1", ""})
        EXPECT_EQ(status("-t", bad), tools::exit_usage) << bad;
    for (const char* bad : {"64k", "64KiB", "0", "-1", "1.5K", "1e3", "70000M"})
        EXPECT_EQ(status("-s", bad), tools::exit_usage) << bad;
    for (const char* bad : {"-1", "1e3", "1000000000000000001", "1.0", " 1", "0x10"})
        EXPECT_EQ(status("-P", bad), tools::exit_usage) << bad;
    EXPECT_EQ(status("-s", "64K"), tools::exit_refused);
}

}  // namespace
}  // namespace sockbox::test
