// End-to-end tests of showip that apply to every system.
#include <gmock/gmock.h>

#include <thread>

#include "net/streams.h"
#include "system/clock.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Ran showip(const Words& words, std::string_view input = {}) {
    return run(tools::showip, words, input);
}

TEST(Showip, PrintsTheLecturesForm) {
    const Ran ran = showip({"127.0.0.1", "::1"});
    EXPECT_EQ(ran.status, 0);
    EXPECT_EQ(ran.err, "");
    EXPECT_EQ(ran.out,
              "IP addresses for 127.0.0.1:\n\n  IPv4: 127.0.0.1\n"
              "\n"
              "IP addresses for ::1:\n\n  IPv6: ::1\n");
}

TEST(Showip, ShortFormIsAddressesOnly) {
    for (const char* option : {"-s", "--short", "--quiet"})
        EXPECT_EQ(showip({option, "127.0.0.1", "[::1]"}).out, "127.0.0.1\n::1\n") << option;
}

TEST(Showip, HostsAreCheckedBeforeTheResolverIsAsked) {
    for (const char* host :
         {"", "[::1", "::1]", "[::1]:7", "[localhost]", "fe80::1%nosuch0", "fe80::1%99999"}) {
        const Ran ran = showip({"127.0.0.1", host});
        EXPECT_EQ(ran.status, tools::exit_usage) << host;
        EXPECT_EQ(ran.out, "");
        EXPECT_THAT(ran.err, StartsWith("showip: "));
    }
}

TEST(Showip, PortsAreCheckedBeforeTheResolverIsAsked) {
    for (const char* port : {"+80", " 80", "080", "", "-1", "0x50", "80x", "65536", "70000"}) {
        const Ran ran = showip({"-p", port, "127.0.0.1"});
        EXPECT_EQ(ran.status, tools::exit_usage) << port;
        EXPECT_THAT(ran.err, HasSubstr("--service: '" + std::string(port) + "'"));
    }
    for (const char* port : {"0", "65535"})
        EXPECT_THAT(showip({"-l", "-p", port, "127.0.0.1"}).out,
                    HasSubstr("127.0.0.1:" + std::string(port) + "\n"));
}

TEST(Showip, NamesComeFromAFile) {
    const TemporaryFile file("# loopback\n\n 127.0.0.1 # the usual\n[::1]\r\n\t127.0.0.2");
    EXPECT_EQ(showip({"-s", "-f", file.path()}).out, "127.0.0.1\n::1\n127.0.0.2\n");
    EXPECT_EQ(showip({"-s", "--file=-"}, "127.0.0.1\n127.0.0.3\n").out, "127.0.0.1\n127.0.0.3\n");
    EXPECT_EQ(showip({"-f", "-"}).status, 0);
    EXPECT_EQ(showip({"-s", "-f", "-"},
                     "\xef\xbb\xbf"
                     "127.0.0.1\r\n\xef\xbb\xbf"
                     "::1\n")
                  .out,
              "127.0.0.1\n");
}

TEST(Showip, BadLinesOfAFileAreNamed) {
    const Ran ran = showip({"-s", "-f", "-"}, "127.0.0.1\n[::1\n127.0.0.2\n");
    EXPECT_EQ(ran.status, tools::exit_usage);
    EXPECT_EQ(ran.out, "127.0.0.1\n127.0.0.2\n");
    EXPECT_EQ(ran.err, "showip: -:2: '[::1' has unbalanced brackets\n");
    const Ran missing = showip({"-f", "/nonexistent/names"});
    EXPECT_EQ(missing.status, tools::exit_refused);
    EXPECT_THAT(missing.err, StartsWith("showip: open /nonexistent/names: "));
    EXPECT_EQ(showip({"-f", "-", "localhost"}).status, tools::exit_usage);
    EXPECT_EQ(showip({"-f", ""}).status, tools::exit_usage);
}

TEST(Showip, WhatIsNoHostHasASymbolInJson) {
    const Ran ran = run(tools::showip, {"--json", "-f", "-"}, "[::1\n");
    EXPECT_THAT(ran.out, testing::HasSubstr("\"error\":{\"symbol\":\"" +
                                            symbol_of(std::errc::invalid_argument) + '"'));
}

TEST(Showip, AFileThatCannotBeReadIsAResultInJson) {
    const Ran ran = showip({"-j", "-f", "/no/such/file"});
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_THAT(ran.out, HasSubstr(R"("host":null)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("error":{"symbol":")"));
}

TEST(Showip, RefusesWhatMakesNoSense) {
    EXPECT_THAT(showip({}).err, StartsWith("showip: missing HOST\n"));
    EXPECT_EQ(showip({"-s", "-l", "::1"}).status, tools::exit_usage);
    EXPECT_EQ(showip({"-4", "-6", "::1"}).status, tools::exit_usage);
    EXPECT_THAT(showip({"-t", "0", "::1"}).err,
                StartsWith("showip: --timeout must be more than 0s\n"));
    for (const std::string more : {"--why", "--reverse", "--source"})
        EXPECT_THAT(showip({"-s", more, "::1"}).err,
                    StartsWith("showip: --short and " + more + " are mutually exclusive\n"));
    EXPECT_THAT(showip({"--by-source", "--why", "::1"}).err,
                StartsWith("showip: --by-source cannot be combined with "));
}

TEST(Showip, SpecialAddressesAreExplained) {
    const Ran ran = showip({"--why", "64:ff9b::192.0.2.33"});
    EXPECT_EQ(ran.status, 0);
    EXPECT_THAT(ran.out, HasSubstr("\n        special  NAT64 (64:ff9b::/96), for 192.0.2.33\n"));
    EXPECT_THAT(ran.out, HasSubstr("\n        why      "));
    const Ran json = showip({"--why", "-j", "2002:c000:221::1"});
    EXPECT_THAT(json.out, HasSubstr(R"("special":"6to4 (2002::/16), router 192.0.2.33")"));
    EXPECT_THAT(json.out, HasSubstr(R"("why":{"rule":null,)"));
}

TEST(Showip, ConnectionsAreTimedAndOneIsChosen) {
    const auto listener = net::listen_on(net::Endpoint::loopback(net::Family::ipv4)).value();
    const std::string port = std::to_string(listener.local()->port());
    const Ran ran = showip({"-c", "-p", port, "127.0.0.1"});
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("  IPv4: 127.0.0.1  connected in "));
    EXPECT_THAT(ran.out, HasSubstr(", Happy Eyeballs' choice\n"));
    const Ran json = showip({"-jc", "-p", port, "127.0.0.1"});
    EXPECT_THAT(json.out, HasSubstr(R"("connect":{"connected":true,"elapsed_ns":)"));
    EXPECT_THAT(json.out, HasSubstr(R"("happy_eyeballs":"127.0.0.1:)" + port + '"'));
    EXPECT_EQ(showip({"-c", "127.0.0.1"}).status, tools::exit_usage);
    EXPECT_EQ(showip({"-c", "-p", "80", "--socktype", "any", "127.0.0.1"}).status,
              tools::exit_usage);
}

TEST(Showip, ARefusedConnectionIsARefusal) {
    auto closed = net::Socket::open(net::Family::ipv4, net::Transport::tcp).value();
    ASSERT_TRUE(closed.bind(net::Endpoint::loopback(net::Family::ipv4)));
    const std::string port = std::to_string(closed.local()->port());
    const Ran ran = showip({"-c", "-p", port, "127.0.0.1"});
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_THAT(ran.out, HasSubstr("  IPv4: 127.0.0.1  failed in "));
    EXPECT_THAT(ran.err, StartsWith("showip: connect 127.0.0.1:" + port + ": "));
    if (lines(showip({"-s", "-p", port}).out).size() > 1) {  // loopback addresses, if there is IPv6
        EXPECT_THAT(showip({"-c", "-p", port}).err,
                    StartsWith("showip: connect :" + port + ": could not connect to any address"));
    }
    EXPECT_THAT(showip({"-jc", "-p", port, "127.0.0.1"}).out,
                HasSubstr(R"("happy_eyeballs":null)"));
}

// An empty line separates the hosts from what follows, and appears nowhere else.
TEST(Showip, StatsAreApartFromWhatIsAboveThem) {
    EXPECT_THAT(showip({"--stats", "-s", "127.0.0.1"}).out,
                StartsWith("127.0.0.1\n\n1 lookup, 0 failed\n"));
    EXPECT_THAT(showip({"--stats", "--numeric", "nosuch"}).out, StartsWith("1 lookup, 1 failed\n"));
}

TEST(Showip, WaitsForAServer) {
    auto socket = net::Socket::open(net::Family::ipv4, net::Transport::tcp).value();
    ASSERT_TRUE(socket.bind(net::Endpoint::loopback(net::Family::ipv4)));
    StandardFiles files;
    const std::string failed = "showip: 127.0.0.1: could not connect to any address; trying again";
    std::thread late([&] {  // starts to listen only after an attempt has failed
        const auto deadline = net::deadline_in(patience);
        while (!files.err().starts_with(failed) && net::Clock::now() < deadline)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        EXPECT_TRUE(socket.listen(8));
    });
    const std::string port = std::to_string(socket.local()->port());
    const Ran ran =
        files.run(tools::showip, {"-v", "-c", "--wait", "60s", "-p", port, "127.0.0.1"});
    late.join();
    EXPECT_EQ(ran.status, 0);
    EXPECT_THAT(ran.err, StartsWith(failed));
    EXPECT_THAT(ran.out, HasSubstr("connected in"));
}

TEST(Showip, HostileNamesAreEscaped) {
    const Ran ran = showip({"--numeric", "\x1b[31mx"});
    EXPECT_EQ(ran.status, tools::exit_unresolved);
    EXPECT_THAT(ran.err, HasSubstr("\\x1b[31mx"));
    EXPECT_THAT(ran.err, Not(HasSubstr("\x1b")));
    EXPECT_THAT(showip({"--numeric", "%s%n"}).err, HasSubstr("%s%n"));
}

TEST(Showip, ColourOnlyOnRequest) {
    EXPECT_THAT(showip({"--color", "always", "::1"}).out, StartsWith("\x1b[1mIP addresses"));
    EXPECT_THAT(showip({"::1"}).out, StartsWith("IP addresses"));
}

}  // namespace
}  // namespace sockbox::test
