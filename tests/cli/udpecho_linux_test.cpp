// Tests of the command udpecho where Linux tells of ICMP errors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;
using tools::udpecho;

TEST(UdpEcho, ClosedPortIsRefusedByNameAndProbingGoesOn) {
    const std::string port = closed_port();
    const Ran ran = run(udpecho, {"127.0.0.1", port}, "one\ntwo\n");
    EXPECT_EQ(ran.err, "udpecho: line 1: send to 127.0.0.1:" + port +
                           ": port unreachable from 127.0.0.1 (ECONNREFUSED)\n"
                           "udpecho: line 2: send to 127.0.0.1:" +
                           port + ": port unreachable from 127.0.0.1 (ECONNREFUSED)\n");
    EXPECT_EQ(ran.status, tools::exit_mismatch);
    const Ran v6 = run(udpecho, {"::1", port, "hello"});
    if (v6.status == tools::exit_refused)
        GTEST_SKIP() << "no IPv6 here: " << v6.err;
    EXPECT_THAT(v6.err, HasSubstr("port unreachable from ::1 (ECONNREFUSED)"));
}

TEST(UdpEcho, ListensForItself) {
    const TemporaryFile file;
    Process server({"udpecho", "--listen", "-p", "0", "-b", "127.0.0.1", "--json", "--port-file",
                    file.path()});
    EXPECT_THAT(server.read_line(),
                HasSubstr(R"("event":"listening","address":"127.0.0.1","port":)"));
    const std::string port = lines(file.content()).at(0);
    const Ran ran = run(udpecho, {"127.0.0.1", port}, "one\n\nthree\n");
    EXPECT_EQ(ran.out, "one\n\nthree\n") << ran.err;
    server.send_signal(SIGTERM);
    const Ran ended = server.wait();
    EXPECT_THAT(ended.out, HasSubstr(R"("received":3,"received_bytes":11,"answered":3)"));
    EXPECT_EQ(ended.status, tools::exit_ok);
    EXPECT_EQ(run(udpecho, {"--listen", "127.0.0.1", "7"}).status, tools::exit_usage);
    EXPECT_EQ(run(udpecho, {}).status, tools::exit_usage);
}

TEST(UdpEcho, FullOutputIsAFailure) {
    auto peer = Peer::datagram([](auto& socket, const auto& text, const auto& from) {
        (void)socket.send_to(std::as_bytes(std::span(text)), from);
    });
    Process shell({"/bin/sh", "-c",
                   SOCKBOX_BIN_DIR "/udpecho 127.0.0.1 " + peer.port() + " hello >/dev/full"});
    const Ran ran = shell.wait();
    EXPECT_THAT(ran.err, HasSubstr("ENOSPC"));
    EXPECT_EQ(ran.status, tools::exit_output);
}

}  // namespace
}  // namespace sockbox::test
