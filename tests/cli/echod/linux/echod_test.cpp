// End-to-end tests of echod that end it with signals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "paths.h"
#include "system/host.h"
#include "tests/echod_client.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using namespace std::chrono_literals;
using testing::ContainsRegex;
using testing::HasSubstr;

TEST(Echod, OneReadyLinePerSocketAndNothingElse) {
    Process server({"echod", "-p", "0", "-b", "127.0.0.1", "-e", "poll"});
    const std::string tcp = server.read_line();
    const std::string udp = server.read_line();
    EXPECT_THAT(tcp, ContainsRegex("^listening on 127.0.0.1:[0-9]+ \\(tcp, poll\\)$"));
    EXPECT_THAT(udp, ContainsRegex("^listening on 127.0.0.1:[0-9]+ \\(udp, poll\\)$"));
    EXPECT_EQ(tcp.substr(0, tcp.find(" (")), udp.substr(0, udp.find(" (")));
    server.send_signal(SIGTERM);
    const Ran ran = server.wait();
    EXPECT_EQ(ran.status, 0);
    EXPECT_EQ(ran.out, "");
    EXPECT_EQ(ran.err, "");
}

TEST(Echod, JsonReadyLinesNameTheEngineAndItsWorkers) {
    Process server({"echod", "-p", "0", "-b", "127.0.0.1", "-e", "pool", "-w", "3", "--tcp", "-j"});
    EXPECT_THAT(server.read_line(),
                ContainsRegex("^\\{\"tool\":\"echod\",\"event\":\"listening\",\"address\":"
                              "\"127.0.0.1\",\"port\":[0-9]+,\"protocol\":\"tcp\",\"engine\":"
                              "\"pool\",\"workers\":3\\}$"));
    server.send_signal(SIGINT);
    EXPECT_EQ(server.wait().status, 0);
}

TEST(Echod, ThePortFileIsThereWhileItServes) {
    const TemporaryFile file;
    EchoServer server({"--port-file", file.path()});
    EXPECT_EQ(file.content(), server.port() + "\n");
    server.process().send_signal(SIGTERM);
    EXPECT_EQ(server.process().wait().status, 0);
    EXPECT_EQ(file.content(), "");
}

TEST(Echod, RemovesNoPortFileThatAnotherServerWrote) {
    const TemporaryFile file;
    EchoServer first({"--port-file", file.path()});
    EchoServer second({"--port-file", file.path()});
    first.process().send_signal(SIGTERM);
    const Ran ran = first.process().wait();
    EXPECT_EQ(ran.status, 0);
    EXPECT_EQ(ran.err, "");
    EXPECT_EQ(file.content(), second.port() + "\n");
    second.process().send_signal(SIGTERM);
    EXPECT_EQ(second.process().wait().status, 0);
    EXPECT_FALSE(std::filesystem::exists(file.path()));
}

TEST(Echod, APortFileThatIsNoFileIsWritten) {
    Process server({"echod", "-q", "-p", "0", "-b", "127.0.0.1", "--port-file", "/dev/stdout"});
    auto client = connect(server.read_line());
    expect_served(client);
    client.close();
    server.send_signal(SIGTERM);
    EXPECT_EQ(server.wait().status, 0);
    for (const Words& words : {Words{"echod"}, Words{"udpecho", "--listen"}}) {
        Words all = words;
        all.insert(all.end(), {"-p", "0", "-b", "127.0.0.1", "--port-file", "/dev/full"});
        const Ran full = Process(all).wait();
        EXPECT_EQ(full.status, tools::exit_output);
        EXPECT_EQ(full.out, "");
        EXPECT_EQ(full.err, words[0] +
                                ": write port file /dev/full: No space left on device "
                                "(ENOSPC)\n");
    }
}

TEST(Echod, PathsAreEscapedInItsDiagnostics) {
    const Ran ran =
        Process({"echod", "-p", "0", "-b", "127.0.0.1", "--port-file", "/no\x1b[31m\u202e\n/file"})
            .wait();
    EXPECT_EQ(ran.err,
              "echod: write port file /no\\x1b[31m\\xe2\\x80\\xae\\x0a/file: No such file "
              "or directory (ENOENT)\n");
    EXPECT_EQ(Process({"echod", "--user", "a\x1b\n"}).wait().err,
              "echod: --user: 'a\\x1b\\x0a' is not a user on this system\n"
              "echod: see 'echod --help'\n");
}

TEST(Echod, ALinkToThePortFileStaysAndLeadsToNoOldPort) {
    const TemporaryFile file("something\n");
    const TemporaryFile link;
    std::filesystem::remove(link.path());
    std::filesystem::create_symlink(file.path(), link.path());
    EchoServer server({"--port-file", link.path()});
    EXPECT_EQ(file.content(), server.port() + "\n");
    server.process().send_signal(SIGTERM);
    const Ran ran = server.process().wait();
    EXPECT_EQ(ran.status, 0);
    EXPECT_EQ(ran.err, "");
    EXPECT_TRUE(std::filesystem::is_symlink(link.path()));
    EXPECT_TRUE(std::filesystem::is_regular_file(file.path()));
    EXPECT_EQ(file.content(), "");
}

TEST(Echod, VerboseLogsEachConnection) {
    EchoServer server({"-v", "--log-format", "json"});
    {
        auto client = connect(server.port());
        expect_served(client);
    }
    server.process().send_signal(SIGTERM);
    const Ran ran = server.process().wait();
    EXPECT_THAT(ran.err,
                ContainsRegex("\"event\":\"connection\",\"peer\":\"127.0.0.1:[0-9]+\","
                              "\"received_bytes\":1,\"sent_bytes\":1,\"unsent_bytes\":0,"
                              "\"duration_ns\":[0-9]+,\"reason\":\"(finished|drained)\"\\}"));
}

TEST(Echod, ColorsVerdictsAndWarnings) {
    for (const std::string when : {"always", "auto"}) {
        EchoServer server({"-v", "--color", when, "--backlog", "1000000"});
        {
            auto client = connect(server.port());
            expect_served(client);
        }
        server.process().send_signal(SIGTERM);
        const std::string log = server.process().wait().err;
        const bool colored = when == "always";
        EXPECT_THAT(log, ContainsRegex(colored ? ": \x1b\\[32m(finished|drained)\x1b\\[0m, 1 byte"
                                               : ": (finished|drained), 1 byte"));
        EXPECT_THAT(log, HasSubstr(colored ? "echod: \x1b[33mnet.core.somaxconn limits"
                                           : "echod: net.core.somaxconn limits"));
        EXPECT_EQ(log.find('\x1b') != log.npos, colored);
    }
}

// Sends until all buffers between the two are full, from when it is served on.
net::Socket connect_deaf(const std::string& port) {
    auto deaf = connect(port);
    EXPECT_TRUE(deaf.set_blocking(false));
    const std::vector<std::byte> chunk(65536);
    EXPECT_FALSE(deaf.send(chunk).failed());
    EXPECT_EQ(net::wait_for(deaf, net::Direction::receive, net::deadline_in(patience)),
              net::Readiness::ready);
    while (net::wait_for(deaf, net::Direction::send, net::deadline_in(300ms)) ==
           net::Readiness::ready)
        EXPECT_FALSE(deaf.send(chunk).failed());
    return deaf;
}

TEST(Echod, WhatCouldNotBeDeliveredIsStatusFour) {
    EchoServer server({"--drain-timeout", "100ms", "-v"});
    const auto deaf = connect_deaf(server.port());
    server.process().send_signal(SIGTERM);
    const Ran ran = server.process().wait();
    EXPECT_EQ(ran.status, tools::exit_mismatch);
    EXPECT_THAT(ran.err,
                ContainsRegex(": aborted, [0-9]+ bytes received, [0-9]+ sent, [0-9]+ unsent, "));
    EXPECT_THAT(ran.err, ContainsRegex("echod: 1 connection aborted, [0-9]+ bytes unsent"));
}

TEST(Echod, ASecondSignalEndsItAtOnce) {
    EchoServer server({"--drain-timeout", "1h"});
    const auto deaf = connect_deaf(server.port());
    server.process().send_signal(SIGTERM);
    const auto deadline = net::deadline_in(patience);
    while (net::connect_to(loopback(server.port())))  // the first signal is being handled
        ASSERT_LT(net::Clock::now(), deadline);
    server.process().send_signal(SIGINT);
    const Ran ran = server.process().wait();
    EXPECT_EQ(ran.status, tools::exit_mismatch);
    EXPECT_THAT(ran.err, ContainsRegex("echod: 1 connection aborted, [0-9]+ bytes unsent"));
}

// The reader of the log exits, as in `echod -v 2>&1 | head`, and clients do not notice.
TEST(Echod, AnUnreadLogIsLostAndNothingElse) {
    Process pipeline({"/bin/sh", "-c",
                      "{ \"$echod\" -p 0 -b 127.0.0.1 --tcp --once -v 2>&1; echo status $? >&2; } "
                      "| sed -n '/^listening/{p;q}'"},
                     {"echod=" SOCKBOX_BIN_DIR "/echod"});
    const std::string line = pipeline.read_line();
    auto client = connect(port_in(line));
    for (int i = 0; i < 5; ++i)
        expect_served(client);
    client.close();
    EXPECT_EQ(pipeline.wait().err, "status 0\n");
}

TEST(Echod, AFamilyAloneLeavesTheOtherAlone) {
    if (!net::bind_datagram(net::Endpoint::loopback(net::Family::ipv6)))
        GTEST_SKIP() << "no IPv6 here";
    for (const std::string family : {"-4", "-6"}) {
        SCOPED_TRACE(family);
        Process server({"echod", "-p", "0", "--tcp", family});
        const std::string line = server.read_line();
        EXPECT_THAT(line, HasSubstr(family == "-4" ? "on 0.0.0.0:" : "on [::]:"));
        const auto port = *net::parse_port(port_in(line));
        const auto served = family == "-4" ? net::Family::ipv4 : net::Family::ipv6;
        const auto other = family == "-4" ? net::Family::ipv6 : net::Family::ipv4;
        EXPECT_TRUE(net::connect_to(net::Endpoint::loopback(served, port)));
        EXPECT_FALSE(net::connect_to(net::Endpoint::loopback(other, port)));
    }
}

// On a socket that accepts both families, as systemd passes by default.
TEST(Echod, AnIpv4ClientOnAnIpv6SocketIsLoggedAsIpv4) {
    if (!net::bind_datagram(net::Endpoint::loopback(net::Family::ipv6)))
        GTEST_SKIP() << "no IPv6 here";
    for (const std::string& engine : engine_names()) {
        SCOPED_TRACE(engine);
        if (!serve::find_engine(engine)->available())
            continue;
        Process server({"echod", "-p", "0", "--tcp", "-6", "--set", "IPV6_V6ONLY=off", "-v",
                        "--once", "-e", engine});
        const std::string port = port_in(server.read_line());
        {
            auto client = connect(port);
            expect_served(client);
        }
        const Ran ran = server.wait();
        EXPECT_EQ(ran.status, 0);
        EXPECT_THAT(ran.err, ContainsRegex("echod: 127.0.0.1:[0-9]+: connected\n"));
        EXPECT_THAT(ran.err, ContainsRegex("echod: 127.0.0.1:[0-9]+: finished, 1 byte"));
        EXPECT_THAT(ran.err, testing::Not(HasSubstr("ffff")));
    }
}

TEST(Echod, WorkersOfOneServerShareItsPortAndAnotherServerDoesNot) {
    for (const char* engine : {"pool", "epoll"}) {
        EchoServer first({"-e", engine, "-w", "2"});
        const Ran second =
            Process({"echod", "-e", engine, "-w", "2", "-p", first.port(), "-b", "127.0.0.1"})
                .wait();
        EXPECT_EQ(second.status, tools::exit_refused);
        EXPECT_THAT(second.err, HasSubstr("(EADDRINUSE)"));
    }
}

TEST(Echod, APrivilegedPortIsExplained) {
    if (::geteuid() != 0 || !std::ifstream("/usr/bin/setpriv"))
        GTEST_SKIP() << "only root can start a server as another user";
    const auto first = net::read_sysctl("net.ipv4.ip_unprivileged_port_start");
    if (!first || std::stol(*first) <= 7)
        GTEST_SKIP() << "port 7 is nothing special here";
    const Ran ran = Process({"/usr/bin/setpriv", "--reuid", "65534", "--clear-groups",
                             SOCKBOX_BIN_DIR "/echod", "-p", "7", "-b", "127.0.0.1"})
                        .wait();
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(ran.err, HasSubstr("echod: bind 127.0.0.1:7: "));
    EXPECT_THAT(ran.err, HasSubstr("(EACCES)"));
    EXPECT_THAT(ran.err, HasSubstr("CAP_NET_BIND_SERVICE"));
}

TEST(Echod, ReportsOnceWhatTheKernelMadeOfAnOption) {
    Process server({"echod", "-p", "0", "-b", "127.0.0.1", "--set", "SO_RCVBUF=1G", "--set",
                    "SO_SNDBUF=20000", "--set", "TCP_NODELAY=off"});
    server.read_line();
    server.send_signal(SIGTERM);
    const Ran ran = server.wait();
    EXPECT_EQ(ran.status, 0);
    EXPECT_THAT(ran.err, HasSubstr("echod: set SO_RCVBUF: asked 1073741824, granted "));
    EXPECT_THAT(ran.err, HasSubstr("clamped by net.core.rmem_max = "));
    EXPECT_THAT(ran.err, HasSubstr("echod: hint: sysctl -w net.core.rmem_max=1073741824\n"));
    EXPECT_EQ(lines(ran.err).size(), 2U) << ran.err;
}

std::string notes_of(std::vector<std::string> options) {
    std::vector<std::string> argv{"echod", "-p", "0", "-b", "127.0.0.1"};
    argv.insert(argv.end(), options.begin(), options.end());
    Process server(argv);
    server.read_line();
    server.send_signal(SIGTERM);
    return server.wait().err;
}

TEST(Echod, ReportsOptionsThatHaveNoEffectOnWhatItServes) {
    EXPECT_EQ(notes_of({"--udp", "--idle-timeout", "1m", "--max-connections", "9"}),
              "echod: ignoring --max-connections and --idle-timeout: TCP is not served\n");
    EXPECT_EQ(notes_of({"--tcp", "--udp-rate", "9"}),
              "echod: ignoring --udp-rate: UDP is not served\n");
    EXPECT_EQ(notes_of({"--tcp", "--answer-own-port", "--answer-privileged"}),
              "echod: ignoring --answer-privileged and --answer-own-port: UDP is not served\n");
    EXPECT_EQ(notes_of({"--udp-rate", "9", "--idle-timeout", "1m"}), "");
    EXPECT_EQ(notes_of({"--answer-own-port", "--answer-privileged"}), "");
}

TEST(Echod, ReportsOptionsWithoutTheOneThatTheyRefine) {
    EXPECT_EQ(notes_of({"--seed", "7"}), "echod: ignoring --seed: there is no --fault\n");
    EXPECT_EQ(notes_of({"--seed", "7", "--fault", "delay=1ms"}), "");
    EXPECT_EQ(notes_of({"--ipv6-prefix", "48"}),
              "echod: ignoring --ipv6-prefix: there is no --max-per-client\n");
    EXPECT_EQ(notes_of({"--ipv6-prefix", "48", "--max-per-client", "9"}), "");
    EXPECT_EQ(notes_of({"--udp", "--ipv6-prefix", "48"}),
              "echod: ignoring --ipv6-prefix: TCP is not served\n")
        << "once";
}

TEST(Echod, ReportsThatTheKernelClampsTheBacklog) {
    const auto setting = net::read_sysctl("net.core.somaxconn");
    if (!setting || std::stol(*setting) >= 1048576)
        GTEST_SKIP() << "net.core.somaxconn clamps nothing here";
    EchoServer server({"--backlog", "1048576"});
    server.process().send_signal(SIGTERM);
    EXPECT_EQ(server.process().wait().err,
              "echod: net.core.somaxconn limits the backlog of 1048576 to " + *setting + "\n");
}

}  // namespace
}  // namespace sockbox::test
