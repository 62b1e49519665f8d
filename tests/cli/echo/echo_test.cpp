// Tests of echo against servers that behave and servers that do not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>

#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;
using tools::echo;

Ran run_echo(const Peer& peer, Words words, std::string_view input = {}) {
    words.insert(words.begin(), {"127.0.0.1", peer.port()});
    return run(echo, words, input);
}

// Pseudo-random bytes, in which no error can hide.
std::string noise(std::size_t size) {
    std::string text(size, '\0');
    std::uint32_t state = 1;
    for (char& c : text) {
        state = state * 1664525 + 1013904223;
        c = static_cast<char>(state >> 24);
    }
    return text;
}

TEST(Echo, SendsTheWordsAsOneLine) {
    auto peer = Peer::stream(echo_all);
    const Ran ran = run_echo(peer, {"hello", "world"});
    EXPECT_EQ(ran.out, "hello world\n");
    EXPECT_EQ(ran.err, "");
    EXPECT_EQ(ran.status, tools::exit_ok);
}

TEST(Echo, CarriesInputOfAnyShape) {
    auto peer = Peer::stream(echo_all);
    for (const std::string& input :
         {std::string(), std::string("no newline"), std::string("\0\xff\0", 3), noise(3 << 20)}) {
        const Ran ran = run_echo(peer, {}, input);
        EXPECT_TRUE(ran.out == input) << ran.out.size() << " of " << input.size();
        EXPECT_EQ(ran.err, "");
        EXPECT_EQ(ran.status, tools::exit_ok);
    }
}

TEST(Echo, AServerThatBuffersCannotDeadlockIt) {
    auto peer = Peer::stream([](net::Socket& socket) {
        std::string all;
        for (std::string text = receive_some(socket); !text.empty(); text = receive_some(socket))
            all += text;
        send_text(socket, all);
    });
    const std::string input = noise(5 << 20);
    const Ran ran = run_echo(peer, {}, input);
    EXPECT_TRUE(ran.out == input);
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
}

TEST(Echo, ReportsTheFirstWrongByte) {
    auto peer = Peer::stream([](net::Socket& socket) {
        std::size_t before = 0;
        for (std::string text = receive_some(socket); !text.empty(); text = receive_some(socket)) {
            if (before <= 123456 && 123456 < before + text.size())
                text[123456 - before] ^= 1;
            before += text.size();
            send_text(socket, text);
        }
    });
    const std::string input(200000, 'A');
    const Ran ran = run_echo(peer, {}, input);
    EXPECT_THAT(ran.err, HasSubstr("differs at offset 123456: expected 0x41, got 0x40"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
    EXPECT_EQ(run_echo(peer, {"--no-verify"}, input).status, tools::exit_ok);
    const Ran json = run_echo(peer, {"--json"}, input);
    EXPECT_THAT(json.out, HasSubstr(R"("difference":{"offset":123456,"expected":65,"got":64})"));
    EXPECT_THAT(json.out, HasSubstr(R"("verified":false)"));
    EXPECT_EQ(lines(json.out).size(), 1U);
    auto honest = Peer::stream(echo_all);
    EXPECT_THAT(run_echo(honest, {"--json"}, input).out, HasSubstr(R"("verified":true)"));
    EXPECT_THAT(run_echo(honest, {"--json", "--no-verify"}, input).out,
                HasSubstr(R"("verified":false)"));
}

TEST(Echo, ReportsBytesThatWereNeverSent) {
    auto after = Peer::stream([](net::Socket& socket) {
        echo_all(socket);
        send_text(socket, "!");
    });
    const Ran ran = run_echo(after, {"hello"});
    EXPECT_THAT(ran.err, HasSubstr("1 byte that was never sent, at offset 6"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);

    auto before = Peer::stream([](net::Socket& socket) {
        send_text(socket, "welcome\n");
        echo_all(socket);
    });
    const Ran early = run_echo(before, {"hello"});
    EXPECT_THAT(early.err, testing::AnyOf(HasSubstr("bytes that were never sent, at offset 0"),
                                          HasSubstr("the echo differs at offset 0")));
    EXPECT_EQ(early.status, tools::exit_mismatch);
}

TEST(Echo, ReportsAShortEcho) {
    auto peer = Peer::stream([](net::Socket& socket) {
        send_text(socket, receive_some(socket).substr(0, 5));
        (void)socket.shutdown(net::ShutdownHow::send);
        receive_some(socket);
    });
    const Ran ran = run_echo(peer, {"hello", "world"});
    EXPECT_THAT(ran.err, HasSubstr("closed the connection after 12 bytes sent and 5 received"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

TEST(Echo, NotesAServerThatDoesNotClose) {
    std::promise<void> over;
    auto peer = Peer::stream([done = over.get_future().share()](net::Socket& socket) {
        echo_all(socket);
        done.wait_for(std::chrono::seconds(30));
    });
    const Ran ran = run_echo(peer, {"--json", "-W", "300ms", "hello"});
    over.set_value();
    EXPECT_EQ(ran.status, tools::exit_ok);
    EXPECT_THAT(ran.out, HasSubstr(R"("verified":true)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("note":"everything came back, but the server did not close )"
                                   R"(the connection within 300ms"})"));
    EXPECT_THAT(ran.out, testing::Not(HasSubstr("\"error\"")));
    EXPECT_THAT(ran.err, HasSubstr("did not close the connection"));
}

TEST(Echo, ReportsAReset) {
    auto peer = Peer::stream([](net::Socket& socket) {
        receive_some(socket, 1000);
        socket.abort();
    });
    const Ran ran = run_echo(peer, {}, std::string(1 << 20, 'x'));
    if (!on_wine()) {  // Wine reads a reset as EOF
        EXPECT_THAT(ran.err, testing::AnyOf(HasSubstr(symbol_of(std::errc::connection_reset)),
                                            HasSubstr(symbol_of(std::errc::broken_pipe))));
    }
    EXPECT_THAT(ran.err, HasSubstr("0 received"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

TEST(Echo, ServerThatNeverAnswersTimesOut) {
    net::Socket held;
    auto peer = Peer::stream([&](net::Socket& socket) { held = std::move(socket); });
    const Ran ran = run_echo(peer, {"-W", "100ms", "--json", "hello"});
    EXPECT_THAT(ran.err, testing::StartsWith("echo: receive from 127.0.0.1:"));
    EXPECT_THAT(ran.err, HasSubstr("no data for 100ms after 6 bytes sent"));
    EXPECT_THAT(ran.out, HasSubstr(symbol_of(std::errc::timed_out)));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

TEST(Echo, RefusedConnectionNamesTheAddressAndItsError) {
    const std::string port = closed_port();
    const Ran ran = run(echo, {"127.0.0.1", port, "hello"});
    EXPECT_EQ(ran.err, "echo: connect 127.0.0.1:" + port + ": Connection refused (" +
                           symbol_of(std::errc::connection_refused) + ")\n");
    EXPECT_EQ(ran.status, tools::exit_refused);
    const Ran json = run(echo, {"--json", "127.0.0.1", port, "hello"});
    EXPECT_THAT(json.out,
                HasSubstr(R"("address":"127.0.0.1:)" + port + R"(","attempts":[{"address":)"));
    EXPECT_EQ(lines(json.out).size(), 1U);
}

TEST(Echo, VerboseReportsEachAttempt) {
    auto peer = Peer::stream(echo_all);
    const Ran ran = run_echo(peer, {"-v", "hello"});
    EXPECT_THAT(ran.err, HasSubstr("echo: trying 127.0.0.1:" + peer.port()));
    EXPECT_THAT(ran.err, HasSubstr("echo: connected to 127.0.0.1:" + peer.port()));
    EXPECT_EQ(ran.out, "hello\n");
}

TEST(Echo, ImpossibleHostsSetTheExitStatus) {
    EXPECT_EQ(run(echo, {"", "7", "x"}).status, tools::exit_usage);
    EXPECT_EQ(run(echo, {"[::1", "7", "x"}).status, tools::exit_usage);
    EXPECT_EQ(run(echo, {"127.0.0.1", "0", "x"}).status, tools::exit_usage);
    EXPECT_EQ(run(echo, {"127.0.0.1", "65536", "x"}).status, tools::exit_usage);
    EXPECT_EQ(run(echo, {"a..b", "7", "x"}).status, tools::exit_unresolved);
    EXPECT_EQ(run(echo, {}).err, "echo: missing HOST and PORT\necho: see 'echo --help'\n");
    EXPECT_EQ(run(echo, {"127.0.0.1"}).err,
              "echo: missing PORT after the host '127.0.0.1'\necho: see 'echo --help'\n");
    EXPECT_EQ(run(echo, {"127.0.0.1"}).status, tools::exit_usage);
    const Ran named = run(echo, {"-c", "1", "--target", "127.0.0.1:0", "127.0.0.1", "7"});
    EXPECT_THAT(named.err, HasSubstr("echo: --target: '0' is not a port"));
    EXPECT_EQ(named.status, tools::exit_usage);
    EXPECT_EQ(run(echo, {"[::1]:7", "7", "x"}).status, tools::exit_usage);
    EXPECT_EQ(run(echo, {"::1]:7", "7", "x"}).status, tools::exit_usage);
    EXPECT_EQ(run(echo, {"fe80::1%99999", "7", "x"}).status, tools::exit_usage);
    const Ran unknown = run(echo, {"fe80::1%nosuch", "7", "x"});
    EXPECT_THAT(unknown.err, HasSubstr("no interface 'nosuch' on this machine"));
    EXPECT_EQ(unknown.status, tools::exit_usage);
    const Ran zone = run(echo, {"fe80::1", "7", "x"});
    EXPECT_THAT(zone.err, HasSubstr("needs a zone"));
    EXPECT_EQ(zone.status, tools::exit_refused);
}

TEST(Echo, AZeroTimeoutIsAUsageError) {
    auto peer = Peer::stream(echo_all);
    for (const char* option : {"-W", "--connect-timeout"}) {
        const Ran ran = run_echo(peer, {option, "0", "hello"});
        EXPECT_THAT(ran.err, HasSubstr(" must be more than 0s\n"));
        EXPECT_EQ(ran.status, tools::exit_usage);
    }
}

TEST(Echo, HardlyAnyTimeIsATimeoutOfTheAddress) {
    auto peer = Peer::stream(echo_all);
    const std::string timed_out = symbol_of(std::errc::timed_out);
    const Ran ran = run_echo(peer, {"--json", "--connect-timeout", "1ns", "hello"});
    ASSERT_EQ(lines(ran.err).size(), 1U) << ran.err;
    EXPECT_THAT(ran.err, testing::EndsWith("(" + timed_out + ")\n"));
    EXPECT_THAT(ran.out, HasSubstr("}],\"error\":{\"symbol\":\"" + timed_out + '"'));
    EXPECT_EQ(ran.status, tools::exit_refused);
}

// Segments larger than the window would at times be sent by the persist timer alone, a few hundred
// bytes every 200 ms (RFC 9293, section 3.8.6), so they are kept small.
TEST(Echo, SmallestBuffersCarryAllTheSame) {
    auto peer = Peer::stream(echo_all);
    const std::string input = noise(4 << 20);
    Words words{"--set", "SO_SNDBUF=1", "--set", "SO_RCVBUF=1"};
    if (!on_wine())
        words.insert(words.end(), {"--set", "TCP_MAXSEG=536"});
    const Ran ran = run_echo(peer, words, input);
    EXPECT_TRUE(ran.out == input) << ran.err;
    EXPECT_EQ(run_echo(peer, {"--set", "SO_NOSUCH=1", "x"}).status, tools::exit_usage);
}

TEST(Echo, SourceThatIsNotOursIsRefused) {
    auto peer = Peer::stream(echo_all);
    const Ran ran = run_echo(peer, {"--source", "203.0.113.1", "x"});
    EXPECT_THAT(ran.err, HasSubstr("bind 203.0.113.1:0: "));
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_EQ(run_echo(peer, {"--source", "127.0.0.1", "x"}).out, "x\n");
    const Ran other = run_echo(peer, {"--source", "::1", "x"});
    EXPECT_THAT(other.err, testing::EndsWith("\necho: hint: 127.0.0.1 has only IPv4 addresses, but "
                                             "IPv6 was requested, by --source ::1\n"));
    EXPECT_EQ(other.status, tools::exit_unresolved);
}

}  // namespace
}  // namespace sockbox::test
