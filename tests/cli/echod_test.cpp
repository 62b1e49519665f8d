// End-to-end tests of echod: its command line, its ready lines, its end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "net/streams.h"
#include "net/units.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::StartsWith;

net::Endpoint loopback(const std::string& port) {
    return net::Endpoint::loopback(net::Family::ipv4, *net::parse_port(port));
}

net::Socket connect(const std::string& port) {
    net::ConnectOptions options;
    options.deadline = net::deadline_in(patience);
    auto socket = net::connect_to(loopback(port), options);
    EXPECT_TRUE(socket) << socket.error().message();
    return std::move(*socket);
}

// Sends a byte and takes it back: the server serves this client now.
void expect_served(net::Socket& socket) {
    std::byte byte{42};
    ASSERT_TRUE(net::send_all(socket, {&byte, 1}));
    std::byte got{};
    ASSERT_EQ(net::wait_for(socket, net::Direction::receive, net::deadline_in(patience)),
              net::Readiness::ready);
    ASSERT_TRUE(socket.receive({&got, 1}).done());
    EXPECT_EQ(got, byte);
}

void expect_usage(const Words& args, const std::string& complaint) {
    const Ran ran = run(tools::echod, args);
    EXPECT_EQ(ran.status, tools::exit_usage) << ran.err;
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(ran.err, StartsWith("echod: "));
    EXPECT_THAT(ran.err, HasSubstr(complaint));
    EXPECT_EQ(lines(ran.err).size(), 2U) << ran.err;
}

TEST(Echod, MistakesAreUsageErrors) {
    expect_usage({"--engine", "magic"}, "'magic' is none of auto, ");
    expect_usage({"--port", "65536"}, "65536");
    expect_usage({"--bind", ""}, "--bind");
    expect_usage({"--bind", "fe80::1"}, "fe80::1%eth0");
    expect_usage({"--workers", "0"}, "--workers");
    expect_usage({"--set", "nosuch=1"}, "nosuch");
    expect_usage({"-4", "-6"}, "-4 and -6");
    expect_usage({"operand"}, "operand");
}

TEST(Echod, OneReadyLineASocketAndNothingElse) {
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

// Port 0 is one port for IPv6 and IPv4, TCP and UDP.
TEST(Echod, AllAddressesShareOnePort) {
    if (!net::bind_datagram(net::Endpoint::loopback(net::Family::ipv6)))
        GTEST_SKIP() << "no IPv6 here";
    Process server({"echod", "-p", "0"});
    std::vector<std::string> ports;
    std::string heads;
    for (int i = 0; i < 4; ++i) {
        const std::string line = server.read_line();
        const std::string address = line.substr(13, line.find(" (") - 13);
        ports.push_back(address.substr(address.rfind(':') + 1));
        heads += address.substr(0, address.rfind(':')) + line.substr(line.find(" ("), 5) + ";";
    }
    EXPECT_EQ(heads, "[::] (tcp;0.0.0.0 (tcp;[::] (udp;0.0.0.0 (udp;");
    EXPECT_THAT(ports, testing::Each(ports[0]));
    auto client = connect(ports[0]);
    expect_served(client);
}

TEST(Echod, APortInUseIsNamed) {
    EchoServer first;
    Process second({"echod", "-p", first.port(), "-b", "127.0.0.1"});
    const Ran ran = second.wait();
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(ran.err, StartsWith("echod: bind 127.0.0.1:" + first.port() + ": "));
    EXPECT_THAT(ran.err, HasSubstr("echod: hint: "));
}

TEST(Echod, AnAddressOfAnotherHostIsNamed) {
    Process server({"echod", "-p", "0", "-b", "203.0.113.1"});
    const Ran ran = server.wait();
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_THAT(ran.err, StartsWith("echod: bind 203.0.113.1:0: "));
}

TEST(Echod, ThePortFileIsThereWhileItServes) {
    const TemporaryFile file;
    EchoServer server({"--port-file", file.path()});
    EXPECT_EQ(file.content(), server.port() + "\n");
    server.process().send_signal(SIGTERM);
    EXPECT_EQ(server.process().wait().status, 0);
    EXPECT_EQ(file.content(), "");
}

TEST(Echod, APortFileThatCannotBeWrittenEndsIt) {
    Process server({"echod", "-p", "0", "-b", "127.0.0.1", "--port-file", "/nonexistent/port"});
    const Ran ran = server.wait();
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(ran.err, HasSubstr("/nonexistent/port"));
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
                              "\"received_bytes\":1,\"sent_bytes\":1,\"duration_ns\":[0-9]+,"
                              "\"reason\":\"(finished|drained)\"\\}"));
}

TEST(Echod, WhatCouldNotBeDeliveredIsStatusFour) {
    EchoServer server({"--drain-timeout", "100ms"});
    auto deaf = connect(server.port());
    ASSERT_TRUE(deaf.set_blocking(false));
    const std::vector<std::byte> chunk(65536);
    using namespace std::chrono_literals;
    while (net::wait_for(deaf, net::Direction::send, net::deadline_in(300ms)) ==
           net::Readiness::ready)
        ASSERT_FALSE(deaf.send(chunk).failed());
    server.process().send_signal(SIGTERM);
    const Ran ran = server.process().wait();
    EXPECT_EQ(ran.status, tools::exit_mismatch);
    EXPECT_THAT(ran.err, ContainsRegex("echod: 1 connection aborted, [0-9]+ bytes unsent"));
}

TEST(Echod, SocketOptionsAreSetOnTheSockets) {
    EchoServer server({"--set", "TCP_NODELAY=off", "--set", "SO_RCVBUF=20000"});
    auto client = connect(server.port());
    expect_served(client);
}

}  // namespace
}  // namespace sockbox::test
