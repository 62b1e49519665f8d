// Tests of udpecho against servers that behave and servers that do not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;
using tools::udpecho;

void reply(net::Socket& socket, std::string_view text, const net::Endpoint& to) {
    (void)socket.send_to(std::as_bytes(std::span(text)), to);
}

Ran run_udpecho(const Peer& peer, Words words, std::string_view input = {}) {
    words.insert(words.begin(), {"127.0.0.1", peer.port()});
    return run(udpecho, words, input);
}

TEST(UdpEcho, SendsTheWordsAsOneDatagram) {
    auto peer = Peer::datagram(reply);
    const Ran ran = run_udpecho(peer, {"hello", "world"});
    EXPECT_EQ(ran.out, "hello world\n");
    EXPECT_EQ(ran.err, "");
    EXPECT_EQ(ran.status, tools::exit_ok);
}

TEST(UdpEcho, CarriesALineADatagram) {
    std::vector<std::string> seen;
    auto peer = Peer::datagram([&](auto& socket, const auto& text, const auto& from) {
        seen.push_back(text);
        reply(socket, text, from);
    });
    const Ran ran = run_udpecho(peer, {}, "one\n\nthree\nno newline");
    EXPECT_EQ(ran.out, "one\n\nthree\nno newline");
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
    EXPECT_EQ(seen, (Words{"one\n", "\n", "three\n", "no newline"}));
}

TEST(UdpEcho, ReportsWhichLineWasLost) {
    auto peer = Peer::datagram([](auto& socket, const auto& text, const auto& from) {
        if (text != "two\n")
            reply(socket, text, from);
    });
    const Ran ran = run_udpecho(peer, {"-W", "1s", "--retries", "1"}, "one\ntwo\nthree\n");
    EXPECT_EQ(ran.out, "one\nthree\n");
    EXPECT_THAT(ran.err, HasSubstr("udpecho: line 2: send to 127.0.0.1:" + peer.port() +
                                   ": no reply within 1s (2 tries)"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
    const Ran json = run_udpecho(peer, {"-W", "1s", "--json"}, "one\ntwo\nthree\n");
    EXPECT_THAT(json.out, HasSubstr(R"("lost_lines":[2])"));
    EXPECT_THAT(json.out, HasSubstr(R"("errors":[{"symbol":")" + symbol_of(std::errc::timed_out)));
    EXPECT_THAT(json.out, HasSubstr(R"("phase":"receive","count":1}])"));
    EXPECT_EQ(lines(json.out).size(), 1U);
}

TEST(UdpEcho, RetriesUntilAReplyComes) {
    std::map<std::string, int> seen;
    auto peer = Peer::datagram([&](auto& socket, const auto& text, const auto& from) {
        if (++seen[text] == 3)
            reply(socket, text, from);
    });
    const Ran ran = run_udpecho(peer, {"-W", "1s", "--retries", "5"}, "one\ntwo\n");
    EXPECT_EQ(ran.out, "one\ntwo\n");
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
}

TEST(UdpEcho, RepeatedEchoOfAnEarlierLineIsNoMismatch) {
    auto peer =
        Peer::datagram([](net::Socket& socket, const std::string& text, const net::Endpoint& from) {
            for (int copy = 0; copy < 2; ++copy)
                (void)socket.send_to(std::as_bytes(std::span(text)), from);
        });
    const Ran ran = run(udpecho, {"--json", "127.0.0.1", peer.port()}, "one\ntwo\nthree\n");
    EXPECT_THAT(ran.out, HasSubstr(R"("received":3,"lost":0,"corrupted":0,"late":0)")) << ran.err;
    EXPECT_EQ(ran.status, tools::exit_ok);
}

TEST(UdpEcho, LateEchoOfAnEarlierLineIsNoMismatch) {
    std::string held;
    auto peer = Peer::datagram([&](auto& socket, const auto& text, const auto& from) {
        if (text == "one\n") {
            held = text;
            return;
        }
        reply(socket, held, from);
        reply(socket, text, from);
    });
    const Ran ran = run_udpecho(peer, {"-W", "1s", "--json"}, "one\ntwo\n");
    EXPECT_THAT(ran.out, HasSubstr(R"("lost":1,"corrupted":0,"late":1)"));
}

TEST(UdpEcho, ReportsAWrongEcho) {
    auto peer = Peer::datagram([](auto& socket, const auto& text, const auto& from) {
        reply(socket, text == "short\n" ? "sho" : text == "\n" ? "\n!" : "hallo\n", from);
    });
    const Ran ran = run_udpecho(peer, {"hello"});
    EXPECT_THAT(ran.err, HasSubstr("differs at offset 1: expected 0x65, got 0x61"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
    EXPECT_THAT(run_udpecho(peer, {"short"}).err, HasSubstr("has 3 bytes, but 6 were sent"));
    EXPECT_THAT(run_udpecho(peer, {}, "\n").err, HasSubstr("has 2 bytes, but 1 was sent"));
}

TEST(UdpEcho, LineLongerThanADatagramIsRefusedAndTheNextOneSent) {
    auto peer = Peer::datagram(reply);
    const std::string lines = std::string(150000, 'x') + "\nshort\n";
    const Ran ran = run_udpecho(peer, {}, lines);
    EXPECT_EQ(ran.out, "short\n");
    EXPECT_THAT(ran.err, HasSubstr("line 1: "));
    EXPECT_THAT(ran.err, HasSubstr("at most 65507 bytes"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
    const Ran json = run_udpecho(peer, {"--json"}, lines);
    EXPECT_THAT(json.out, HasSubstr(R"("lost":0,"corrupted":0,"late":0,"unsent":1,)"));
    EXPECT_THAT(json.out,
                HasSubstr(R"("errors":[{"symbol":")" + symbol_of(std::errc::message_size)));
}

TEST(UdpEcho, AFailedRunStillNamesItsServer) {
    auto peer = Peer::datagram(reply);
    for (const auto& [mode, words] : std::initializer_list<std::pair<std::string, Words>>{
             {"say", {"hello"}},
             {"pipe", {}},
             {"closed", {"-c", "1"}},
             {"open", {"--rate", "9", "-c", "1"}}}) {
        Words all{"--json", "--source", "127.0.0.1", "--source-port", peer.port()};  // in use
        all.insert(all.end(), words.begin(), words.end());
        const Ran ran = run_udpecho(peer, all);
        EXPECT_THAT(ran.out, HasSubstr(R"("target":"127.0.0.1:)" + peer.port() + R"(","mode":")" +
                                       mode + R"(","address":"127.0.0.1:)" + peer.port() + '"'))
            << ran.err;
        EXPECT_EQ(ran.status, tools::exit_refused) << ran.err;
    }
}

}  // namespace
}  // namespace sockbox::test
