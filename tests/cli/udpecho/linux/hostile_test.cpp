// Tests of udpecho in hostile surroundings: bad names, closed streams, no memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <future>

#include "paths.h"
#include "tests/json_numbers.h"
#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using tools::udpecho;

void reply(net::Socket& socket, std::string_view text, const net::Endpoint& to) {
    (void)socket.send_to(std::as_bytes(std::span(text)), to);
}

// Runs shell commands in which `udpecho` is ours and "$port" the port of an echo server.
Ran in_shell(const std::string& port, const std::string& commands) {
    return Process(
               {"/bin/bash", "-c",
                "port=" + port + "; udpecho() { " SOCKBOX_SH_BIN "/udpecho \"$@\"; }\n" + commands})
        .wait();
}

TEST(UdpEchoHostile, EveryEndIsOneResultOfFiniteNumbers) {
    auto good = Peer::datagram(reply);
    auto silent = Peer::datagram([](auto&, auto&, auto&) {});
    auto corrupt = Peer::datagram([](auto& socket, auto text, const auto& from) {
        text[30] ^= 1;
        reply(socket, text, from);
    });
    const struct {
        const char* name;
        std::string port;
        Words more;
        int status;
    } ends[] = {
        {"one sample", good.port(), {"-c", "1"}, tools::exit_ok},
        {"two samples", good.port(), {"-c", "2", "-i", "0"}, tools::exit_ok},
        {"all lost", silent.port(), {"-c", "1", "-W", "20ms"}, tools::exit_mismatch},
        {"corrupt", corrupt.port(), {"-c", "1"}, tools::exit_mismatch},
        {"refused", closed_port(), {"-c", "1"}, tools::exit_mismatch},
        {"by size", good.port(), {"-c", "1", "-s", "0"}, tools::exit_ok},
        {"at a rate", good.port(), {"-c", "1", "--rate", "10"}, tools::exit_ok},
        {"broken bound", good.port(), {"-c", "1", "--assert", "max<1ns"}, tools::exit_mismatch},
        {"undefined bound",
         good.port(),
         {"-c", "1", "--assert", "jitter<1s"},
         tools::exit_mismatch},
        {"an echo is no STAMP", good.port(), {"--stamp", "-c", "1"}, tools::exit_mismatch},
        {"said", good.port(), {"hello"}, tools::exit_ok},
        {"piped", good.port(), {}, tools::exit_ok},
        {"said to nobody", silent.port(), {"-W", "20ms", "hello"}, tools::exit_mismatch},
        {"no such source", good.port(), {"-c", "1", "--source", "192.0.2.1"}, tools::exit_refused},
        {"no path", closed_port(), {"--mtu"}, tools::exit_mismatch},
    };
    std::string all;
    for (const auto& end : ends) {
        Words words{"--json", "-q", "127.0.0.1", end.port};
        words.insert(words.end(), end.more.begin(), end.more.end());
        const Ran ran = run(udpecho, words);
        EXPECT_EQ(lines(ran.out).size(), 1U) << end.name << ": " << ran.out << ran.err;
        EXPECT_THAT(ran.out, testing::StartsWith(R"({"tool":"udpecho","event":"result",)"))
            << end.name;
        EXPECT_THAT(ran.out, Not(ContainsRegex(":-0[,}]|:-?nan|:-?inf"))) << end.name;
        EXPECT_EQ(ran.status, end.status) << end.name << ": " << ran.out << ran.err;
        all += ran.out;
    }
    const Ran unresolved = run(udpecho, {"--json", "-c", "1", "a..b", "7"});
    EXPECT_THAT(unresolved.out, HasSubstr(R"("error":{"symbol":"EAI_NONAME")"));
    EXPECT_EQ(unresolved.status, tools::exit_unresolved);
    Process parser(
        {"/usr/bin/python3", "-c", "import json, sys\nfor line in sys.stdin: json.loads(line)"});
    parser.write_input(all + unresolved.out);
    EXPECT_EQ(parser.wait().err, "") << "each line is JSON to others, too";
}

TEST(UdpEchoHostile, WhatIsUndefinedIsLeftOutOfTheText) {
    auto silent = Peer::datagram([](auto&, auto&, auto&) {});
    const Ran lost = run(udpecho, {"-c", "2", "-i", "0", "-W", "20ms", "127.0.0.1", silent.port()});
    EXPECT_THAT(lost.out, HasSubstr("2 sent, 0 received, 2 lost (100%)\n"));
    EXPECT_THAT(lost.out,
                AllOf(Not(HasSubstr("rtt")), Not(HasSubstr("jitter")), Not(HasSubstr("nan"))));
    auto good = Peer::datagram(reply);
    const Ran one = run(udpecho, {"-c", "1", "127.0.0.1", good.port()});
    EXPECT_THAT(one.out, ContainsRegex("\nrtt = [0-9.]+ ms\n")) << "no deviation of one";
    EXPECT_THAT(one.out, Not(HasSubstr("jitter")));
}

TEST(UdpEchoHostile, ClosedAndFullStreamsAreReported) {
    auto peer = Peer::datagram(reply);
    const Ran ran = in_shell(peer.port(), R"(
        udpecho -c 2 -i 10ms 127.0.0.1 $port >/dev/full; echo full $?
        udpecho --json -q -c 2 -i 0 127.0.0.1 $port >/dev/full; echo full $?
        udpecho -c 1 127.0.0.1 $port >&-; echo closed $?
        udpecho -c 0 -i 10ms 127.0.0.1 $port | head -n 1 >/dev/null; echo head ${PIPESTATUS[0]}
        udpecho 127.0.0.1 $port <&-; echo input $?
        yes | udpecho 127.0.0.1 $port | head -n 1; echo pipe ${PIPESTATUS[1]})");
    EXPECT_THAT(ran.out, testing::MatchesRegex("full 5\nfull 5\nclosed 5\nhead (0|141)\n"
                                               "input 0\ny\npipe (0|141)\n"))
        << ran.err;
    EXPECT_THAT(ran.err, AllOf(HasSubstr("(ENOSPC)"), HasSubstr("(EBADF)")));
}

// If output fails, even an endless run ends.
TEST(UdpEchoHostile, AFullDeviceEndsAnEndlessRun) {
    auto peer = Peer::datagram(reply);
    for (const char* told : {"", "-q --report-interval 10ms"}) {
        const Ran ran = in_shell(
            peer.port(), fmt::format("udpecho -c 0 -i 10ms {} 127.0.0.1 $port >/dev/full", told));
        EXPECT_THAT(ran.err, HasSubstr("(ENOSPC)"));
        EXPECT_EQ(ran.status, tools::exit_output);
    }
}

// Like ping: interrupted before any reply is a failure, even if replies are still awaited.
TEST(UdpEchoHostile, NothingBackUntilTheInterruptIsAFailure) {
    std::promise<void> came;
    auto peer = Peer::datagram([&](auto&, auto&, auto&) { came.set_value(); });
    Process process({"udpecho", "--json", "-c", "1", "-W", "1h", "127.0.0.1", peer.port()});
    ASSERT_EQ(came.get_future().wait_for(patience), std::future_status::ready);
    process.send_signal(SIGINT);
    const Ran ran = process.wait();
    EXPECT_THAT(ran.out, HasSubstr(R"("sent":1,"received":0,"lost":0,"pending":1,)"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

bool is_shown_safely(const std::string& text) {
    return std::ranges::all_of(text, [](char c) {
        return c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    });
}

// The hosts file gives an address a name that contains terminal control sequences.
TEST(UdpEchoHostile, NamesAreEscapedWhateverTheirSource) {
    auto peer = Peer::datagram(reply);
    const Ran ran = in_shell(peer.port(), R"(
        unshare -m true 2>/dev/null || exit 77
        exec unshare -m --propagation private /bin/bash -c '
            udpecho="$1" port="$2" evil=$(printf "ev\033cil\a")
            mount -t tmpfs none /run || exit 77
            printf "127.0.0.1 %s good\n" "$evil" >/run/hosts
            mount --bind /run/hosts /etc/hosts || exit 77
            for host in good "$evil"; do
                "$udpecho" -v -c 1 "$host" "$port"
                "$udpecho" --json -c 1 "$host" "$port"
                "$udpecho" -v "$host" "$port" hello
                "$udpecho" -v -W 10ms --trace "$host" "$port"
                "$udpecho" --mtu -v -W 10ms "$host" "$port"
                "$udpecho" -c 1 --target "$host:$port"
            done
            "$udpecho" -c 1 "un$evil" "$port"
            "$udpecho" -c 1 localhost "$evil"
        ' - )" SOCKBOX_SH_BIN R"(/udpecho $port)");
    if (ran.status == 77)
        GTEST_SKIP() << "no private mounts here";
    EXPECT_TRUE(is_shown_safely(ran.out)) << ran.out;
    EXPECT_TRUE(is_shown_safely(ran.err)) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("1 sent, 1 received"));
    EXPECT_THAT(ran.err, HasSubstr("ev\\x1bcil\\x07"));
}

// Wherever one allocation in twenty starts to fail: no death by a signal, no failure without a
// message and no false success.
TEST(UdpEchoHostile, WithoutMemoryItReportsIt) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "a sanitizer has its own malloc";
#endif
    auto peer = Peer::datagram(reply);
    const struct {
        Words words;
        const char* success;
    } commands[] = {{{"udpecho", "127.0.0.1", peer.port(), "hello"}, "hello\n"},
                    {{"udpecho", "-q", "-c", "3", "-i", "0", "127.0.0.1", peer.port()},
                     "3 sent, 3 received, 0 lost (0%)\n"}};
    for (const auto& command : commands) {
        int failed = 0;
        int done = 0;
        for (int after = 0; done < 6 && after < 20'000; after += 5) {
            const Ran ran =
                Process(command.words,
                        {SOCKBOX_FAILING_MALLOC, "FAILING_MALLOC_AFTER=" + std::to_string(after)})
                    .wait();
            if (ran.status == 0) {
                EXPECT_THAT(ran.out, HasSubstr(command.success)) << after;
                ++done;
                continue;
            }
            EXPECT_THAT(ran.status, testing::AnyOf(+tools::exit_refused, +tools::exit_unresolved))
                << after << ": " << ran.err;
            EXPECT_THAT(ran.err, HasSubstr("emory")) << after;
            ++failed;
        }
        EXPECT_GT(failed, 5);
        EXPECT_EQ(done, 6) << "where nothing fails before the end";
    }
}

TEST(UdpEchoHostile, MeaninglessNumbersAreRejected) {
    const auto status = [](const Words& more) {
        Words words{"127.0.0.1", "9"};
        words.insert(words.end(), more.begin(), more.end());
        const Ran ran = run(udpecho, words);
        EXPECT_EQ(ran.out, "") << testing::PrintToString(more);
        EXPECT_THAT(ran.err, HasSubstr(more[0])) << "which option it is";
        return ran.status;
    };
    const Words wrong[] = {{"-s", "-1", "-c", "1"},
                           {"-s", "1e3", "-c", "1"},
                           {"-c", "-1"},
                           {"-c", "1.5"},
                           {"-i", "-1", "-c", "1"},
                           {"-i", "1 ms", "-c", "1"},
                           {"--timeout", "0", "-c", "1"},
                           {"--time", "0"},
                           {"--rate", "-1"},
                           {"--rate", "1k"},
                           {"--retries", "1001"},
                           {"--first-seq", "-1", "-c", "1"},
                           {"--ttl", "0x10", "-c", "1"},
                           {"--tos", "256"},
                           {"--connections", "0"},
                           {"--threads", "0", "-c", "1"},
                           {"--stamp-format", "gps"},
                           {"--report-interval", "0", "-c", "1"}};
    for (const Words& words : wrong)
        EXPECT_EQ(status(words), tools::exit_usage) << testing::PrintToString(words);
}

TEST(UdpEchoHostile, MeaninglessCombinationsOfOptionsAreRejected) {
    const Words wrong[] = {{"--listen", "-c", "1"},
                           {"--listen", "--retries", "1"},
                           {"--listen", "--mtu"},
                           {"--listen", "--ttl", "1"},
                           {"--port", "7", "127.0.0.1", "9", "hello"},
                           {"--allow", "10.0.0.0/8", "127.0.0.1", "9", "hello"},
                           {"--first-seq", "7", "127.0.0.1", "9", "hello"},
                           {"--timestamps", "user", "127.0.0.1", "9", "hello"},
                           {"--stamp", "--broadcast", "127.0.0.1"},
                           {"--stateful", "127.0.0.1", "9"}};
    for (const Words& words : wrong) {
        const Ran ran = run(udpecho, words);
        EXPECT_EQ(ran.status, tools::exit_usage) << testing::PrintToString(words);
        EXPECT_EQ(lines(ran.err).size(), 2U) << "what is wrong, and the help: " << ran.err;
    }
    auto peer = Peer::datagram(reply);
    EXPECT_EQ(run(udpecho, {"--connect-timeout", "1s", "127.0.0.1", peer.port(), "hello"}).out,
              "hello\n");
}

// Zones, and a name with addresses of both families.
TEST(UdpEchoHostile, TheFamilyIsTheRequestedOne) {
    const Ran zone = run(udpecho, {"-c", "1", "fe80::1", "7"});
    EXPECT_THAT(zone.err, HasSubstr("needs a zone"));
    EXPECT_EQ(zone.status, tools::exit_refused);
    EXPECT_EQ(run(udpecho, {"-c", "1", "fe80::1%none", "7"}).status, tools::exit_usage);
    EXPECT_EQ(run(udpecho, {"-4", "-6", "-c", "1", "localhost", "7"}).status, tools::exit_usage);
    EXPECT_EQ(run(udpecho, {"-4", "-c", "1", "::1", "7"}).status, tools::exit_unresolved);
    auto peer = Peer::datagram(reply);
    const Ran ran = run(udpecho, {"-4", "--json", "-c", "1", "localhost", peer.port()});
    EXPECT_THAT(ran.out, HasSubstr(R"("sent":1,"received":1)")) << ran.err;
}

}  // namespace
}  // namespace sockbox::test
