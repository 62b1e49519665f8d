// End-to-end tests of echod that end it by a signal, as a console on Windows would have to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "net/sysctl.h"
#include "tests/echod_client.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::ContainsRegex;

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

TEST(Echod, ThePortFileIsThereWhileItServes) {
    const TemporaryFile file;
    EchoServer server({"--port-file", file.path()});
    EXPECT_EQ(file.content(), server.port() + "\n");
    server.process().send_signal(SIGTERM);
    EXPECT_EQ(server.process().wait().status, 0);
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

TEST(Echod, TellsThatTheKernelClampsTheListenQueue) {
    const auto setting = net::read_sysctl("net.core.somaxconn");
    if (!setting || std::stol(*setting) >= 1048576)
        GTEST_SKIP() << "net.core.somaxconn clamps nothing here";
    EchoServer server({"--backlog", "1048576"});
    server.process().send_signal(SIGTERM);
    EXPECT_EQ(
        server.process().wait().err,
        "echod: net.core.somaxconn clamps the listen queue from 1048576 to " + *setting + "\n");
}

}  // namespace
}  // namespace sockbox::test
