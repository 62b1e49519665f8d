// End-to-end tests of sockopt --story: what it predicts is what the kernel does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

#include "net/streams.h"
#include "paths.h"
#include "system/host.h"
#include "tests/cli/sockopt/run.h"
#include "tests/json_numbers.h"
#include "tests/linux/child.h"
#include "tests/linux/network.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

net::Socket listener(int backlog) {
    auto socket = net::Socket::open(net::Family::ipv4, net::Transport::tcp).value();
    EXPECT_TRUE(socket.bind(net::Endpoint::loopback(net::Family::ipv4)) && socket.listen(backlog));
    return socket;
}

Ran story_of(const net::Socket& socket, Words options = {}) {
    options.insert(options.begin(), {"--fd", std::to_string(socket.native()), "--story"});
    return sockopt(options);
}

TEST(SockoptStory, FollowsTheOptionsThatWereSet) {
    const Ran ran = sockopt(
        {"--story", "SO_KEEPALIVE=on", "TCP_KEEPIDLE=10", "TCP_KEEPINTVL=5", "TCP_KEEPCNT=3"});
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_THAT(ran.out, AllOf(StartsWith("SO_KEEPALIVE: off -> on\n"),
                               HasSubstr("\ndead peer, idle: once connected: noticed after 25s: "),
                               HasSubstr("\ndead peer, data in flight: "), HasSubstr("\nclose: "),
                               HasSubstr("\nwho else can take the port: once bound: "),
                               HasSubstr("\nreceive buffer: never set, stored "),
                               HasSubstr("\nsend buffer: "), HasSubstr("\nsmall writes: ")));
}

TEST(SockoptStory, IsAListInJson) {
    const Ran ran = sockopt({"--story", "--json", "SO_KEEPALIVE=on", "TCP_KEEPIDLE=10",
                             "TCP_KEEPINTVL=5", "TCP_KEEPCNT=3"});
    EXPECT_THAT(ran.out, HasSubstr(R"("story":[{"about":"dead peer, idle","summary":")"));
    EXPECT_EQ(number_in(ran.out, "after_ns", "story"), 25e9);
    const std::size_t buffer = ran.out.find(R"("about":"receive buffer")");
    ASSERT_NE(buffer, ran.out.npos);
    const Ran size = sockopt({"-n", "SO_RCVBUF"});
    EXPECT_EQ(std::to_string(static_cast<long>(number_in(ran.out.substr(buffer), "value"))) + "\n",
              size.out);
    EXPECT_EQ(lines(sockopt({"--story", "--json"}).out).size(), 1U);
}

TEST(SockoptStory, EveryKindOfSocketHasOne) {
    for (const char* type : {"tcp", "udp", "unix", "unix-dgram", "raw", "mptcp"})
        for (const char* family : {"-4", "-6"}) {
            const Ran ran = sockopt({"--story", "--type", type, family});
            if (ran.status == tools::exit_refused)
                continue;  // not on this machine
            EXPECT_EQ(ran.status, 0) << type << ran.err;
            EXPECT_THAT(ran.out, AllOf(HasSubstr("receive buffer: "), Not(HasSubstr("SO_TYPE"))));
        }
    EXPECT_THAT(sockopt({"--story", "--type", "udp"}).out, HasSubstr("dead peer: never noticed"));
    EXPECT_THAT(sockopt({"--story", "-6"}).out, HasSubstr("the same for IPv4"));
}

TEST(SockoptStory, NewSocketsAreDescribedInTheirState) {
    const Ran listening = sockopt({"--story", "--listen", "127.0.0.1:0"});
    EXPECT_THAT(listening.out,
                AllOf(StartsWith("tcp LISTEN 127.0.0.1:"), HasSubstr("\n  accept queue: 0 of 4096"),
                      HasSubstr("\n  SYN backlog: ")));
    const net::Socket peer = listener(1);
    const std::string address = peer.local().value().to_string();
    const Ran connected = sockopt({"--story", "--connect", address, "TCP_NODELAY=on"});
    EXPECT_THAT(connected.out, AllOf(HasSubstr("small writes: leave at once (TCP_NODELAY)"),
                                     HasSubstr("dead peer, data in flight: noticed after "),
                                     Not(HasSubstr("once connected")), Not(HasSubstr("LISTEN"))));
}

TEST(SockoptStory, DiffPrintsTheOptionsAsWell) {
    const net::Socket socket = listener(1);
    const Ran ran = story_of(socket, {"--diff"});
    EXPECT_THAT(ran.out, AllOf(HasSubstr("SO_REUSEADDR"), HasSubstr("accept queue: 0 of 1")))
        << ran.err;
}

// The kernel accepts one connection more than the backlog, and drops the SYN of the next one.
TEST(SockoptStory, CountsWhatWaitsInTheAcceptQueue) {
    const net::Socket socket = listener(5);
    std::vector<net::Socket> clients;
    for (int i = 0; i < 3; ++i)
        clients.push_back(net::connect_to(socket.local().value()).value());
    const Ran ran = story_of(socket);
    EXPECT_THAT(ran.out, HasSubstr("\n  accept queue: 3 of 5, limited by the backlog of listen; 0 "
                                   "dropped by this socket; "));
    while (clients.size() < 6)
        clients.push_back(net::connect_to(socket.local().value()).value());
    auto late = net::Socket::open(net::Family::ipv4, net::Transport::tcp).value();
    ASSERT_TRUE(late.set_blocking(false));
    EXPECT_TRUE(late.connect(socket.local().value()).would_block());
    const Ran full = story_of(socket);
    EXPECT_THAT(full.out, HasSubstr("\n  accept queue: 6 of 5, limited by the backlog of listen; "
                                    "full: new connections wait for the next retransmission; 1 "
                                    "dropped by this socket; all listeners of the network "
                                    "namespace: ListenOverflows = "));
    const Ran json = story_of(socket, {"--json"});
    EXPECT_EQ(number_in(json.out.substr(json.out.find(R"("about":"accept queue")")), "value"), 6);
}

TEST(SockoptStory, UnixListenersHaveAQueue) {
    auto socket = net::Socket::open(AF_UNIX, SOCK_STREAM, 0).value();
    const sockaddr nameless{AF_UNIX, {}};  // the kernel chooses an abstract name
    ASSERT_EQ(::bind(socket.native(), &nameless, sizeof nameless.sa_family), 0);
    ASSERT_TRUE(socket.listen(5));
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    auto* address = static_cast<sockaddr*>(static_cast<void*>(&name));
    ASSERT_EQ(::getsockname(socket.native(), address, &length), 0);
    const auto client = net::Socket::open(AF_UNIX, SOCK_STREAM, 0).value();
    ASSERT_EQ(::connect(client.native(), address, length), 0);
    EXPECT_THAT(story_of(socket).out, HasSubstr("accept queue: 1 of 5, limited by the backlog"));
}

TEST(SockoptStory, UnreadDataTurnsCloseIntoAReset) {
    const net::Socket server = listener(1);
    auto client = net::connect_to(server.local().value()).value();
    net::Accepted accepted = net::accept(server, true);
    const std::array<std::byte, 7> data{};
    ASSERT_EQ(accepted.socket.send(data).bytes, data.size());
    ASSERT_EQ(wait_for(client, net::Direction::receive, net::deadline_in(patience)),
              net::Readiness::ready);
    EXPECT_THAT(story_of(client).out, HasSubstr("because 7 received bytes are unread"));
    client.close();
    ASSERT_EQ(wait_for(accepted.socket, net::Direction::receive, net::deadline_in(patience)),
              net::Readiness::ready);
    std::array<std::byte, 1> byte;
    EXPECT_EQ(accepted.socket.receive(byte).error, std::errc::connection_reset);
}

TEST(SockoptStory, SocketsOfOtherProcessesHaveOne) {
    const net::Socket socket = listener(5);
    const Child child;
    const std::string port = std::to_string(socket.local().value().port());
    const Ran ran = sockopt({"--pid", child.pid(), "--port", port, "--story"});
    if (forbidden(ran))
        GTEST_SKIP() << ran.err;
    EXPECT_THAT(ran.out, AllOf(HasSubstr(" tcp LISTEN 127.0.0.1:" + port + "\n  dead peer, idle: "),
                               HasSubstr("\n  accept queue: 0 of 5")));
}

// The limits are those of the socket's own network namespace.
TEST(SockoptStory, LimitsAreThoseOfItsNamespace) {
    const std::string retries = "echo 3 > /proc/sys/net/ipv4/tcp_retries2";
    if (in_network(retries).wait().status != 0)
        GTEST_SKIP() << "no network namespace with settings of its own here";
    Process peer =
        in_network(retries + " && exec " SOCKBOX_SH_BIN
                             "/echod --tcp --bind 127.0.0.1 -p 0 --no-sandbox -e iterative");
    peer.read_line();
    const Ran ran = sockopt({"--pid", std::to_string(peer.pid()), "--listening", "--story"});
    if (forbidden(ran))
        GTEST_SKIP() << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("(net.ipv4.tcp_retries2 = 3)")) << ran.err;
    EXPECT_NE(net::read_sysctl("net.ipv4.tcp_retries2"), "3");
}

TEST(SockoptStory, ValuesExcludeIt) {
    const Ran ran = sockopt({"--story", "-n", "SO_RCVBUF"});
    EXPECT_EQ(ran.status, tools::exit_usage);
    EXPECT_THAT(ran.err, StartsWith("sockopt: --story and --values are mutually exclusive\n"));
}

// Each connection dies when its story has predicted it. The values of tcp_retries2 are tried in
// namespaces of their own, all at the same time, because the longest one takes 14 seconds.
TEST(SockoptStory, AVanishedPeerIsGivenUpAsPredicted) {
    if (!has_nft())
        GTEST_SKIP() << "no nft here";
    if (!has_network())
        GTEST_SKIP() << "no network namespace for us here";
    const std::string script = SOCKBOX_SH_TESTS "/given_up_peers.py " SOCKBOX_SH_BIN "/sockopt ";
    std::vector<Process> runs;
    for (const char* retries : {"3", "4", "5"})
        runs.push_back(python_in_network(script + retries));
    for (Process& run : runs) {
        const Ran ran = run.wait(std::chrono::seconds(90));
        if (ran.status == 77)
            GTEST_SKIP() << "no network namespace with settings of its own here";
        EXPECT_EQ(ran.status, 0) << ran.err;
        EXPECT_THAT(ran.out, EndsWith("s\n"));  // a line for each connection
    }
}

}  // namespace
}  // namespace sockbox::test
