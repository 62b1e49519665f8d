// Tests of options at the levels of single kinds of sockets, against what the kernel does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/if_alg.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <fstream>

#include "net/streams.h"
#include "option/option.h"
#include "paths.h"
#include "tests/cli/sockopt/run.h"
#include "tests/linux/network.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using net::Endpoint;
using net::Family;
using net::Socket;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string of(const Socket& socket) {
    return std::to_string(socket.native());
}

// A connection of Multipath TCP over loopback; the client's end and the server's.
struct Connection {
    Socket client;
    Socket server;
};
net::Result<Connection> multipath(Family family) {
    constexpr int mptcp = 262;
    const int domain = family == Family::ipv4 ? AF_INET : AF_INET6;
    auto listener = Socket::open(domain, SOCK_STREAM, mptcp);
    auto client = Socket::open(domain, SOCK_STREAM, mptcp);
    if (!listener || !client)
        return net::fail(listener ? client.error() : listener.error());
    if (auto bound = listener->bind(Endpoint::loopback(family)); !bound)
        return net::fail(bound.error());
    if (auto listening = listener->listen(1); !listening)
        return net::fail(listening.error());
    if (const auto done = client->connect(listener->local().value()); !done.done())
        return net::fail({done.error, "connect", {}, {}, {}});
    return Connection{std::move(*client), Socket(::accept(listener->native(), nullptr, nullptr))};
}

class SockoptMultipath : public testing::TestWithParam<Family> {};

TEST_P(SockoptMultipath, ShowsItsSubflows) {
    auto connection = multipath(GetParam());
    if (!connection)
        GTEST_SKIP() << connection.error().message();
    auto& [client, server] = *connection;
    const std::string local = client.local()->to_string();
    const std::string peer = client.peer()->to_string();
    EXPECT_EQ(sockopt({"--fd", of(client), "MPTCP_SUBFLOW_ADDRS"}).out,
              "MPTCP_SUBFLOW_ADDRS = subflows 1, local " + local + ", peer " + peer + "\n");
    EXPECT_EQ(sockopt({"--fd", of(server), "MPTCP_SUBFLOW_ADDRS"}).out,
              "MPTCP_SUBFLOW_ADDRS = subflows 1, local " + peer + ", peer " + local + "\n");
    EXPECT_THAT(sockopt({"--fd", of(client), "MPTCP_TCPINFO"}).out,
                AllOf(HasSubstr("subflows 1, state ESTABLISHED, rtt "), HasSubstr(" us, ")));
    EXPECT_EQ(sockopt({"-n", "--fd", of(client), "MPTCP_FULL_INFO"}).out, "subflows 1\n");
}

TEST_P(SockoptMultipath, CountsItsBytes) {
    auto connection = multipath(GetParam());
    if (!connection)
        GTEST_SKIP() << connection.error().message();
    auto& [client, server] = *connection;
    std::array<std::byte, 1000> data{};
    ASSERT_TRUE(client.send(data).done());
    ASSERT_EQ(net::wait_for(server, net::Direction::receive, net::deadline_in(patience)),
              net::Readiness::ready);
    const std::string info = sockopt({"--json", "--fd", of(client), "MPTCP_INFO"}).out;
    EXPECT_THAT(info, AllOf(HasSubstr(R"("flags":")"), HasSubstr(R"("bytes_sent":1000)")));
    EXPECT_THAT(sockopt({"--fd", of(server), "MPTCP_INFO"}).out,
                HasSubstr("bytes_received 1000 bytes"));
}

INSTANTIATE_TEST_SUITE_P(Families, SockoptMultipath, testing::Values(Family::ipv4, Family::ipv6),
                         [](const auto& family) {
                             return std::string(net::family_name(family.param));
                         });

TEST(SockoptLevels, APeerHasItsName) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        const auto listener = net::listen_on(Endpoint::loopback(family));
        if (!listener)
            continue;  // no IPv6
        const Endpoint address = listener->local().value();
        const Socket client = net::connect_to(address).value();
        EXPECT_EQ(sockopt({"-n", "--fd", of(client), "SO_PEERNAME"}).out,
                  address.to_string() + "\n");
        EXPECT_EQ(sockopt({"-n", "--fd", of(*listener), "SO_PEERNAME"}).out, "-\n");
    }
}

// The statistics are those of the owner: a dump must not begin a new count.
TEST(SockoptLevels, ADumpDoesNotResetTheCountOfPackets) {
    auto packets = Socket::open(AF_PACKET, SOCK_DGRAM, 0);
    if (!packets)
        GTEST_SKIP() << packets.error().message();
    sockaddr_ll loopback{};
    loopback.sll_family = AF_PACKET;
    loopback.sll_protocol = htons(ETH_P_IP);
    loopback.sll_ifindex = static_cast<int>(::if_nametoindex("lo"));
    const void* address = &loopback;
    ASSERT_EQ(::bind(packets->native(), static_cast<const sockaddr*>(address), sizeof loopback), 0);
    auto sender = Socket::open(Family::ipv4, net::Transport::udp).value();
    ASSERT_TRUE(sender.connect(Endpoint::loopback(Family::ipv4, 9)).done());
    for (int i = 0; i < 3; ++i)
        static_cast<void>(sender.send(std::array<std::byte, 1>{}));
    const std::string all = sockopt({"--all", "--fd", of(*packets)}).out;
    EXPECT_THAT(all, AllOf(HasSubstr("PACKET_STATISTICS: not read: reading clears it\n"),
                           HasSubstr("PACKET_VERSION = TPACKET_V1\n"),
                           HasSubstr("PACKET_HDRLEN = 32 (read-only)\n")));
    tpacket_stats count{};
    socklen_t size = sizeof count;
    ASSERT_EQ(::getsockopt(packets->native(), SOL_PACKET, PACKET_STATISTICS, &count, &size), 0);
    EXPECT_GE(count.tp_packets, 3U);
}

// IFF_PROMISC, which ioctl(2) does not show if a membership is the reason.
int flags_of_loopback() {
    int flags = 0;
    std::ifstream("/sys/class/net/lo/flags") >> std::hex >> flags;
    return flags;
}

TEST(SockoptLevels, PacketsAreReceivedInAnotherMode) {
    auto packets = Socket::open(AF_PACKET, SOCK_DGRAM, 0);
    if (!packets)
        GTEST_SKIP() << packets.error().message();
    const Words mode{"--fd", of(*packets)};
    const auto with = [&](const std::string& word) {
        Words words = mode;
        words.push_back(word);
        return sockopt(words);
    };
    if (flags_of_loopback() == 0)
        GTEST_SKIP() << "no /sys/class/net/lo/flags";
    EXPECT_EQ(with("PACKET_ADD_MEMBERSHIP=lo,promisc").status, 0);
    EXPECT_NE(flags_of_loopback() & IFF_PROMISC, 0);
    EXPECT_EQ(with("PACKET_DROP_MEMBERSHIP=1,promisc").status, 0);
    EXPECT_EQ(flags_of_loopback() & IFF_PROMISC, 0);
    EXPECT_EQ(with("PACKET_RX_RING=4096,2,2048,4").status, 0);
    EXPECT_EQ(with("PACKET_RX_RING=4096,2,2048,5").status, tools::exit_refused);
}

TEST(SockoptLevels, NetlinkGroupsAreListedByNumber) {
    auto netlink = Socket::open(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    ASSERT_TRUE(netlink) << netlink.error().message();
    const Ran ran =
        sockopt({"-n", "--fd", of(*netlink), "NETLINK_LIST_MEMBERSHIPS", "NETLINK_ADD_MEMBERSHIP=1",
                 "NETLINK_ADD_MEMBERSHIP=5", "NETLINK_LIST_MEMBERSHIPS",
                 "NETLINK_DROP_MEMBERSHIP=1", "NETLINK_LIST_MEMBERSHIPS", "NETLINK_EXT_ACK=on"});
    EXPECT_EQ(lines(ran.out), (Words{"none", "-", "-", "1, 5", "-", "5", "on"})) << ran.err;
}

TEST(SockoptLevels, VsockBuffersStayWithinTheirBounds) {
    auto vsock = Socket::open(AF_VSOCK, SOCK_STREAM, 0);
    if (!vsock)
        GTEST_SKIP() << vsock.error().message();
    const Ran ran = sockopt({"-n", "--fd", of(*vsock), "SO_VM_SOCKETS_BUFFER_MAX_SIZE=1M",
                             "SO_VM_SOCKETS_BUFFER_SIZE=8M", "SO_VM_SOCKETS_CONNECT_TIMEOUT=3s",
                             "SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW"});
    EXPECT_EQ(lines(ran.out), (Words{"1048576", "1048576", "3s", "3s"})) << ran.err;
}

TEST(SockoptLevels, AKeyIsSetForAnAlgorithm) {
    auto algorithm = Socket::open(AF_ALG, SOCK_SEQPACKET, 0);
    if (!algorithm)
        GTEST_SKIP() << algorithm.error().message();
    sockaddr_alg name{};
    name.salg_family = AF_ALG;
    std::strcpy(static_cast<char*>(static_cast<void*>(name.salg_type)), "hash");
    std::strcpy(static_cast<char*>(static_cast<void*>(name.salg_name)), "hmac(sha256)");
    const void* address = &name;
    if (::bind(algorithm->native(), static_cast<const sockaddr*>(address), sizeof name) != 0)
        GTEST_SKIP() << "no hmac(sha256)";
    EXPECT_EQ(sockopt({"--fd", of(*algorithm), "ALG_SET_KEY=0x00112233"}).status, 0);
}

// The options of TLS exist only once TCP_ULP is set.
TEST(SockoptLevels, TlsHasItsOptionsOnceItIsOn) {
    const auto listener = net::listen_on(Endpoint::loopback(Family::ipv4)).value();
    const Socket client = net::connect_to(listener.local().value()).value();
    EXPECT_THAT(sockopt({"--fd", of(client)}).out, Not(HasSubstr("SOL_TLS")));
    if (const Ran on = sockopt({"--fd", of(client), "TCP_ULP=tls"}); on.status != 0)
        GTEST_SKIP() << on.err;
    EXPECT_THAT(sockopt({"--fd", of(client)}).out, HasSubstr("TLS_TX_ZEROCOPY_RO = off"));
}

// Joined by one option, a group can be left by another.
TEST(SockoptLevels, AGroupIsJoinedAtTheLevelOfItsFamily) {
    struct Case {
        int family;
        const char* join;
        const char* leave;
    };
    for (const Case& c : std::vector<Case>{
             {AF_INET, "MCAST_JOIN_GROUP=232.1.1.1,lo", "IP_DROP_MEMBERSHIP=232.1.1.1,lo"},
             {AF_INET6, "MCAST_JOIN_GROUP=ff15::1,lo", "IPV6_LEAVE_GROUP=ff15::1,lo"},
             {AF_INET, "IP_ADD_MEMBERSHIP=232.1.1.1,lo", "MCAST_LEAVE_GROUP=232.1.1.1,lo"},
             {AF_INET, "IP_ADD_SOURCE_MEMBERSHIP=232.1.1.1,127.0.0.9,127.0.0.1",
              "MCAST_LEAVE_SOURCE_GROUP=232.1.1.1,127.0.0.9,lo"},
             {AF_INET6, "MCAST_JOIN_SOURCE_GROUP=ff35::1,::9,lo",
              "MCAST_LEAVE_SOURCE_GROUP=ff35::1,::9,lo"}}) {
        auto socket = Socket::open(c.family, SOCK_DGRAM, 0);
        if (!socket)
            continue;  // no IPv6
        EXPECT_EQ(sockopt({"--fd", of(*socket), c.leave}).status, tools::exit_refused) << c.leave;
        const Ran joined = sockopt({"--fd", of(*socket), c.join});
        EXPECT_EQ(joined.status, 0) << joined.err;
        EXPECT_EQ(sockopt({"--fd", of(*socket), c.leave}).status, 0) << c.leave;
        EXPECT_EQ(sockopt({"--fd", of(*socket), c.leave}).status, tools::exit_refused) << c.leave;
    }
}

TEST(SockoptLevels, AFirewallKeepsTheOriginalDestination) {
    if (!has_network() || !has_nft())
        GTEST_SKIP() << "no network namespace or no nft";
    const Ran ran =
        python_in_network(SOCKBOX_SH_TESTS "/original_destination.py " SOCKBOX_SH_BIN "/sockopt")
            .wait();
    if (ran.status == 77)
        GTEST_SKIP() << "no address translation: " << ran.err;
    EXPECT_EQ(ran.out, "127.0.0.1:81\n[::1]:81\n") << ran.err;
}

// What acts when it is read, or exists in a header only, is explained instead.
TEST(SockoptLevels, WhatIsNoValueIsNeitherReadNorSet) {
    for (const std::string name :
         {"TCP_ZEROCOPY_RECEIVE", "TCP_AO_GET_KEYS", "SCTP_SOCKOPT_PEELOFF", "SO_PEERPIDFD",
          "SCTP_SOCKOPT_CONNECTX3", "IPV6_NEXTHOP", "PACKET_TX_TIMESTAMP", "NETLINK_RX_RING"})
        for (const std::string& word : {name, name + "=1", name + "+=1"}) {
            const Ran ran = sockopt({word});
            EXPECT_EQ(ran.status, tools::exit_usage) << word;
            EXPECT_THAT(ran.err, HasSubstr(name)) << word;
        }
    EXPECT_THAT(sockopt({"TCP_ZEROCOPY_RECEIVE"}).err,
                HasSubstr("TCP_ZEROCOPY_RECEIVE can be neither read nor set: "));
}

TEST(SockoptLevels, ADumpHasOnlyTheLevelsOfTheSocket) {
    for (const char* type : {"tcp", "udp", "unix"})
        for (const Words& words : {Words{"--type", type}, Words{"--type", type, "--json"}})
            EXPECT_THAT(sockopt(words).out,
                        AllOf(Not(HasSubstr("SCTP_")), Not(HasSubstr("PACKET_")),
                              Not(HasSubstr("NETLINK_")), Not(HasSubstr("MPTCP_INFO")),
                              Not(HasSubstr("TLS_")), Not(HasSubstr("VM_SOCKETS"))))
                << type;
    EXPECT_THAT(sockopt({"--all"}).out,
                AllOf(HasSubstr("SCTP_NODELAY: not supported by this socket (TCP/IPv4)"),
                      HasSubstr("PACKET_RX_RING: not supported by this socket (TCP/IPv4)"),
                      HasSubstr("TLS_TX: only while TCP_ULP is tls")));
}

TEST(SockoptLevels, ANameWithoutItsPrefixMeansTheCommonOption) {
    EXPECT_EQ(sockopt({"nodelay"}).out, "TCP_NODELAY = off\n");
    EXPECT_EQ(sockopt({"-6", "tclass"}).out, "IPV6_TCLASS = 0\n");
    EXPECT_THAT(sockopt({"info"}).out, testing::StartsWith("TCP_INFO = "));
    EXPECT_EQ(net::Option::find("rtoinfo")->name(), "SCTP_RTOINFO");
    EXPECT_EQ(net::Option::find("delayed_sack")->name(), "SCTP_DELAYED_SACK");
    EXPECT_EQ(net::Option::find("SCTP_DELAYED_ACK_TIME")->name(), "SCTP_DELAYED_SACK");
    EXPECT_EQ(net::Option::find("SOL_SCTP:0")->name(), "SCTP_RTOINFO");
    EXPECT_EQ(net::Option::find("284:1")->name(), "MPTCP_INFO");
}

}  // namespace
}  // namespace sockbox::test
