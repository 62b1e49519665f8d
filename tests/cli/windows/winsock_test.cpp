// Tests of the commands with Winsock: values, missing options, exclusive ports and no handles left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/streams.h"
#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Winsock, ABufferIsAsLargeAsAsked) {
    const Ran ran = run(tools::sockopt, {"SO_RCVBUF=10000"});
    EXPECT_THAT(ran.out, HasSubstr(" -> 10000\n"));
    EXPECT_THAT(ran.out, Not(HasSubstr("doubles")));
    EXPECT_EQ(ran.status, 0);
}

TEST(Winsock, TimeoutsAreMilliseconds) {
    const std::string by_number = "SOL_SOCKET:" + std::to_string(SO_RCVTIMEO);
    const Ran ran = run(tools::sockopt,
                        {"-n", "SO_RCVTIMEO=1.5s", by_number, by_number + "=250ms", "SO_RCVTIMEO"});
    EXPECT_EQ(ran.out, "1500ms\n1500ms\n250ms\n250ms\n") << ran.err;
}

TEST(Winsock, MissingFeaturesAreReportedWithTheirStatus) {
    const auto refused = [](tools::Run command, const Words& words) {
        const Ran ran = run(command, words);
        EXPECT_EQ(ran.status, tools::exit_refused) << words[0];
        EXPECT_THAT(ran.err, HasSubstr("not supported on this platform")) << words[0];
        EXPECT_EQ(ran.out, "") << words[0];
    };
    for (const Words& words :
         {Words{"--pid", "1"}, Words{"--port", "80"}, Words{"--listening"},
          Words{"--process", "echod"}, Words{"--fd", "3"}, Words{"--force", "SO_RCVBUF=1M"},
          Words{"TCP_INFO"}, Words{"SO_PEERCRED"}, Words{"--listen", "0", "--", "cmd"}})
        refused(tools::sockopt, words);
    refused(tools::showip, {"--by-source", "localhost"});
}

// Another process would set SO_REUSEADDR to take over the port.
TEST(Winsock, AListenersPortCannotBeStolen) {
    const auto listener = net::listen_on(net::Endpoint::loopback(net::Family::ipv4));
    ASSERT_TRUE(listener);
    auto thief = net::Socket::open(net::Family::ipv4, net::Transport::tcp);
    ASSERT_TRUE(thief->set_option(SOL_SOCKET, SO_REUSEADDR, 1));
    EXPECT_FALSE(thief->bind(*listener->local()));
}

// No ICMP errors are received, so what is refused elsewhere is lost here.
TEST(Winsock, ADatagramToAClosedPortIsLost) {
    const Ran ran = run(tools::udpecho, {"-W", "100ms", "127.0.0.1", closed_port(), "hello"});
    EXPECT_THAT(ran.err, HasSubstr("no reply within 100ms"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

TEST(Winsock, NoSocketLeftIsOneClearLine) {
    auto peer = Peer::stream(echo_all);
    constexpr std::size_t many = 30'000;
    std::string err;
    int status = 0;
    // With Wine, all processes share the handles, and one may end meanwhile and leave us some: so
    // this test runs alone (CMakeLists.txt).
    for (const auto until = net::deadline_in(patience); status == 0 && net::Clock::now() < until;) {
        StandardFiles files;
        std::vector<net::Socket> sockets;
        while (sockets.size() < many) {
            auto socket = net::Socket::open(net::Family::ipv4, net::Transport::tcp);
            if (!socket)
                break;
            sockets.push_back(std::move(*socket));
        }
        if (sockets.size() == many)
            GTEST_SKIP() << "this system has more than " << many << " sockets";
        status = files.status_of(tools::echo, {"127.0.0.1", peer.port(), "hello"});
        sockets.clear();
        err = files.err();
    }
    EXPECT_THAT(err, testing::StartsWith("echo: "));
    EXPECT_THAT(err, testing::AnyOf(HasSubstr("WSAEMFILE"), HasSubstr("WSAENOBUFS")));
    EXPECT_EQ(lines(err).size(), 1U) << err;
    EXPECT_EQ(status, tools::exit_refused);
}

}  // namespace
}  // namespace sockbox::test
