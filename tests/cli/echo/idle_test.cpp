// Tests of echo --find-idle against servers that close idle connections, and those that do not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/json_numbers.h"
#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
using tools::echo;

TEST(FindIdle, ServerThatClosesIdleConnectionsIsSeenToDoSo) {
    EchoServer server({"--idle-timeout", "1500ms"});
    const Ran ran = run(echo, {"--find-idle=5s", "-j", "127.0.0.1", server.port()});
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
    EXPECT_THAT(ran.out,
                AllOf(HasSubstr(R"("mode":"idle","address":"127.0.0.1:)"),
                      HasSubstr(R"("ended_by":"close")"), HasSubstr(R"("max_ns":5000000000)"),
                      HasSubstr(R"("interrupted":false,"rounds":)")));
    // echod looks for idle connections at intervals.
    EXPECT_GE(number_in(ran.out, "idle_timeout_ns"), 1.4e9);
    EXPECT_LT(number_in(ran.out, "idle_timeout_ns"), 2.6e9);
    EXPECT_GE(number_in(ran.out, "idle_timeout_ns"), number_in(ran.out, "survived_ns"));
}

TEST(FindIdle, NoTimeoutIsFoundUpToTheMaximum) {
    EchoServer server;
    const Words to{"127.0.0.1", server.port()};
    const Ran text = run(echo, {"--find-idle=1s", to[0], to[1]});
    EXPECT_EQ(text.out, "idle timeout to 127.0.0.1:" + server.port() + ": none up to 1s\n");
    EXPECT_EQ(text.err, "");
    EXPECT_EQ(text.status, tools::exit_ok);
    const Ran json = run(echo, {"--find-idle=1s", "-P", "3", "-j", to[0], to[1]});
    EXPECT_THAT(json.out,
                AllOf(HasSubstr(R"("idle_timeout_ns":null,"ended_by":null,"survived_ns":1)"),
                      HasSubstr(R"("rounds":1,"connections":3,"silences":[)")));
    EXPECT_EQ(run(echo, {"--find-idle=1s", "-q", to[0], to[1]}).out, "none\n");
}

TEST(FindIdle, ThePageHasTheAnswerAndEachSilence) {
    EchoServer server({"--idle-timeout", "1s"});
    const TemporaryFile page;
    const Ran ran =
        run(echo, {"--find-idle=3s", "-P", "4", "--html", page.path(), "127.0.0.1", server.port()});
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
    const std::string html = page.content();
    EXPECT_THAT(html, AllOf(StartsWith("<!DOCTYPE html>"),
                            HasSubstr("<h2>" + lines(ran.out).front() + "</h2>"),
                            HasSubstr("<td class=\"text bad\">the other end has closed the "
                                      "connection</td>"),
                            HasSubstr("<th scope=\"row\">longest silence tried</th>"
                                      "<td class=\"text\">3s</td>"),
                            HasSubstr("</html>")));
    const Ran unwritable =
        run(echo, {"--find-idle", "--html", page.path() + "/no", "127.0.0.1", server.port()});
    EXPECT_EQ(unwritable.status, tools::exit_output) << "before the search";
}

// Those that it closes at once are left out, and the others are spread over all silences.
TEST(FindIdle, ServerMayLimitTheConnections) {
    EchoServer server({"--max-connections", "5", "--idle-timeout", "2s"});
    const Ran ran = run(echo, {"--find-idle=4s", "-j", "127.0.0.1", server.port()});
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr(R"("ended_by":"close")")) << ran.err;
    EXPECT_GE(number_in(ran.out, "idle_timeout_ns"), 1.9e9);
    EXPECT_LT(number_in(ran.out, "idle_timeout_ns"), 3.2e9);
}

TEST(FindIdle, WhatIsNoEchoServerIsAFailure) {
    const auto mute = Peer::stream([](net::Socket& socket) {
        while (!receive_some(socket).empty()) {
        }
    });
    const auto wrong = Peer::stream([](net::Socket& socket) {
        while (!receive_some(socket).empty())
            send_text(socket, "not the same....");
    });
    const auto chatty = Peer::stream([](net::Socket& socket) {
        for (int i = 0; i < 2; ++i)
            send_text(socket, receive_some(socket));
        send_text(socket, "hello");
        (void)receive_some(socket);
    });
    const auto refuse = [](const Peer& peer, const testing::Matcher<std::string>& why) {
        const Ran ran =
            run(echo, {"--find-idle=2s", "-P", "1", "-W", "500ms", "-j", "127.0.0.1", peer.port()});
        EXPECT_EQ(ran.status, tools::exit_mismatch);
        EXPECT_THAT(ran.err,
                    AllOf(StartsWith("echo: exchange with 127.0.0.1:" + peer.port() + ": "), why));
        EXPECT_THAT(ran.out,
                    AllOf(HasSubstr(R"("idle_timeout_ns":null)"), HasSubstr(R"("error":{)")));
    };
    const auto not_the_echo = HasSubstr(": what came back is not the echo of what was sent");
    const auto unasked = HasSubstr(": the server sent bytes although it was sent nothing");
    refuse(mute, HasSubstr(": no echo"));
    refuse(wrong, not_the_echo);
    refuse(chatty, testing::AnyOf(unasked, not_the_echo));  // the latter if it is read together
    const Ran refused = run(echo, {"--find-idle", "127.0.0.1", closed_port()});
    EXPECT_EQ(refused.status, tools::exit_refused);
}

TEST(FindIdle, MistakesAreUsageErrors) {
    const auto expect_refused = [](const Words& words, const std::string& why) {
        Words all = words;
        all.insert(all.end(), {"127.0.0.1", "1"});
        const Ran ran = run(echo, all);
        EXPECT_EQ(ran.status, tools::exit_usage) << why;
        EXPECT_THAT(ran.err, HasSubstr(why));
    };
    expect_refused({"--find-idle=0"}, "--find-idle: '0' is out of range: expected 1s to 744h");
    expect_refused({"--find-idle=999ms"}, "--find-idle: '999ms' is out of range");
    expect_refused({"--find-idle=1x"}, "--find-idle: '1x'");
    expect_refused({"--find-idle="}, "--find-idle: it is empty");
    expect_refused({"--find-idle", "-c", "3"}, "--find-idle and --count are mutually exclusive");
    expect_refused({"--find-idle", "-P", "2", "--hgrm", "x"}, "--find-idle and --hgrm are");
    expect_refused({"--find-idle", "-P", "257"}, "--find-idle uses at most 256 connections");
    expect_refused({"--find-idle", "-W", "0"}, "--timeout must be more than 0s");
    EXPECT_EQ(run(echo, {"--find-idle", "127.0.0.1", "1", "hello"}).status, tools::exit_usage);
}

}  // namespace
}  // namespace sockbox::test
