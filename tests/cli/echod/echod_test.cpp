// End-to-end tests of echod: its command line, its ready lines and its exit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/streams.h"
#include "tests/echod_client.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

void expect_usage(const Words& args, const std::string& complaint) {
    const Ran ran = run(tools::echod, args);
    EXPECT_EQ(ran.status, tools::exit_usage) << ran.err;
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(ran.err, StartsWith("echod: "));
    EXPECT_THAT(ran.err, HasSubstr(complaint));
    EXPECT_EQ(lines(ran.err).size(), 2U) << ran.err;
}

TEST(Echod, MistakesAreUsageErrors) {
    expect_usage({"--engine", "magic"}, "'magic' is not one of auto, ");
    expect_usage({"--port", "65536"}, "65536");
    expect_usage({"--bind", ""}, "--bind");
    expect_usage({"--bind", "fe80::1"}, "fe80::1%eth0");
    expect_usage({"--workers", "0"}, "--workers");
    expect_usage({"--set", "nosuch=1"}, "nosuch");
    expect_usage({"--set", "SO_RCVBUF=x"}, "--set SO_RCVBUF: 'x' ");
    expect_usage({"--fault", "drop=1%", "--fault", "delay="}, "--fault delay: '' ");
    expect_usage({"-4", "-6"}, "-4 and -6");
    expect_usage({"operand"}, "operand");
}

// Port 0 selects one port for IPv6 and IPv4, TCP and UDP.
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
    for (const std::string address : {"203.0.113.1", "2001:db8::1"}) {
        const Ran ran = Process({"echod", "-p", "0", "-b", address}).wait();
        EXPECT_EQ(ran.status, tools::exit_refused);
        EXPECT_EQ(ran.out, "");
        const bool v6 = address.find(':') != std::string::npos;
        if (v6 && !net::bind_datagram(net::Endpoint::loopback(net::Family::ipv6)))
            continue;
        EXPECT_THAT(ran.err,
                    StartsWith("echod: bind " + (v6 ? "[" + address + "]" : address) + ":0: "));
        EXPECT_THAT(ran.err, HasSubstr(symbol_of(std::errc::address_not_available)));
    }
}

TEST(Echod, APortFileThatCannotBeWrittenEndsIt) {
    Process server({"echod", "-p", "0", "-b", "127.0.0.1", "--port-file", "/nonexistent/port"});
    const Ran ran = server.wait();
    EXPECT_EQ(ran.status, tools::exit_output);
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(ran.err, HasSubstr("/nonexistent/port"));
}

TEST(Echod, SocketOptionsAreSetOnTheSockets) {
    EchoServer server({"--set", "TCP_NODELAY=off", "--set", "SO_RCVBUF=20000"});
    auto client = connect(server.port());
    expect_served(client);
}

}  // namespace
}  // namespace sockbox::test
