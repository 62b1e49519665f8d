// Tests that values reported by sock_diag(7) are those that getsockopt(2) returns.
#include "inspect/socket_diag.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "net/streams.h"
#include "option/codec.h"
#include "option/option.h"

namespace sockbox::net {
namespace {

// The names of the reported options, each of which must have the same bytes either way.
std::set<std::string> reported(SocketDiag& diag, const Socket& socket) {
    const SocketFacts facts = facts_of(socket).value();
    const std::string kind = to_text(facts.kind) + " " + facts.local + " " + facts.peer;
    diag.ask(socket, facts);
    std::set<std::string> names;
    for (const OptionRow& row : all_options()) {
        const auto answer = diag.of(row);
        if (!answer)
            continue;
        OptionBuffer buffer;
        const auto itself = read_bytes(socket, Option(row), buffer);
        EXPECT_TRUE(itself) << row.name << " of " << kind;
        EXPECT_TRUE(itself &&
                    std::equal(answer->begin(), answer->end(), itself->begin(), itself->end()))
            << row.name << " of " << kind;
        names.emplace(row.name);
    }
    return names;
}

void set_if_possible(Socket& socket, std::string_view setting) {
    (void)apply(socket, parse_setting(setting).value());
}

// Sets every reported option that can be set to another value than a new socket's.
void set_all(Socket& socket) {
    for (const std::string_view setting :
         {"SO_MARK=77", "SO_SNDBUF=30000", "SO_RCVBUF=40000", "IP_TOS=0x28", "IPV6_TCLASS=0x30",
          "TCP_CONGESTION=reno", "IP_RECVERR=on", "IP_RECVERR_RFC4884=on", "IP_FREEBIND=on",
          "IP_HDRINCL=on", "IP_TRANSPARENT=on", "IP_MULTICAST_LOOP=off", "IP_MULTICAST_ALL=off",
          "IP_NODEFRAG=on", "IP_BIND_ADDRESS_NO_PORT=on"})
        set_if_possible(socket, setting);
}

Socket bound(Family family, std::string_view setting = "IP_TOS=0", std::uint16_t port = 0) {
    Socket socket = Socket::open(family, Transport::udp).value();
    set_if_possible(socket, setting);
    EXPECT_TRUE(socket.bind(Endpoint::loopback(family, port)));
    return socket;
}

std::vector<Socket> of_every_kind() {
    std::vector<Socket> sockets;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        if (!Socket::open(family, Transport::udp)->bind(Endpoint::loopback(family)))
            continue;  // a machine without IPv6
        sockets.push_back(listen_on(Endpoint::loopback(family)).value());
        sockets.push_back(connect_to(sockets.back().local().value()).value());
        sockets.push_back(accept(sockets[sockets.size() - 2], true).socket);
        sockets.push_back(listen_on(Endpoint::any(family)).value());
        sockets.push_back(bound(family));
        sockets.push_back(bound(family));
        EXPECT_TRUE(sockets.back().connect(sockets[sockets.size() - 2].local().value()).done());
        sockets.push_back(Socket::open(family, Transport::udp).value());
        EXPECT_TRUE(sockets.back().bind(Endpoint::any(family)));
        sockets.push_back(Socket::open(family, Transport::tcp).value());
    }
    if (auto mapped = connect_to(sockets.front().local()->mapped()))
        sockets.push_back(std::move(*mapped));
    for (const auto& [family, type, protocol] :
         std::vector<std::tuple<int, int, int>>{{AF_INET, SOCK_STREAM, 262},  // Multipath TCP
                                                {AF_INET, SOCK_RAW, IPPROTO_ICMP},
                                                {AF_INET6, SOCK_RAW, IPPROTO_UDP},
                                                {AF_UNIX, SOCK_STREAM, 0},
                                                {AF_NETLINK, SOCK_RAW, 0}})
        if (auto socket = Socket::open(family, type, protocol))
            sockets.push_back(std::move(*socket));
    return sockets;
}

TEST(SocketDiag, ReportsWhatGetsockoptReturns) {
    SocketDiag diag;
    for (Socket& socket : of_every_kind()) {
        reported(diag, socket);
        set_all(socket);
        reported(diag, socket);
        set_if_possible(socket, "SO_BINDTODEVICE=lo");
        reported(diag, socket);
    }
}

// What an older kernel does not report is read by getsockopt(2), so a missing name is no failure.
TEST(SocketDiag, ReportsManyOptionsOfAConnection) {
    const Socket listener = listen_on(Endpoint::loopback(Family::ipv4)).value();
    const Socket connection = connect_to(listener.local().value()).value();
    SocketDiag diag;
    const auto names = reported(diag, connection);
    if (names.empty())
        GTEST_SKIP() << "the kernel does not report sockets by sock_diag";
    for (const char* name : {"SO_COOKIE", "SO_MEMINFO", "IP_TOS", "TCP_CONGESTION"})
        EXPECT_TRUE(names.contains(name)) << name;
}

// The kernel finds one of them by its address, which may be the other one.
TEST(SocketDiag, KeepsSocketsWithTheSameAddressApart) {
    SocketDiag diag;
    const Socket one = bound(Family::ipv4, "SO_REUSEPORT=on");
    const Socket other = bound(Family::ipv4, "SO_REUSEPORT=on", one.local()->port());
    Socket third = bound(Family::ipv4, "SO_REUSEPORT=on", one.local()->port());
    set_all(third);
    std::size_t answered = 0;
    for (const Socket* socket : {&one, &other, &std::as_const(third)})
        answered += reported(diag, *socket).empty() ? 0 : 1;
    EXPECT_LE(answered, 1U);
}

}  // namespace
}  // namespace sockbox::net
