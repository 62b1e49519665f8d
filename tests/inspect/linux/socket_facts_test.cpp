// Tests that facts about a socket are the same by the fast path and by the slow one.
#include "inspect/socket_facts.h"

#include <gtest/gtest.h>

#include <vector>

#include "net/streams.h"

namespace sockbox::net {
namespace {

void expect_its_kind(const Socket& socket) {
    const auto facts = facts_of(socket);
    const auto kind = kind_of(socket);
    ASSERT_TRUE(facts && kind);
    EXPECT_EQ(facts->kind.family, kind->family);
    EXPECT_EQ(facts->kind.type, kind->type);
    EXPECT_EQ(facts->kind.protocol, kind->protocol);
    EXPECT_EQ(facts->kind.listening, kind->listening);
}

TEST(SocketFacts, TheKindIsThatOfTheSocketItself) {
    struct Made {
        int family;
        int type;
        int protocol;
    };
    for (const Made& made : {Made{AF_INET, SOCK_STREAM, IPPROTO_TCP},
                             {AF_INET6, SOCK_STREAM, IPPROTO_TCP},
                             {AF_INET, SOCK_STREAM, 262},  // Multipath TCP
                             {AF_INET6, SOCK_DGRAM, IPPROTO_UDP},
                             {AF_INET, SOCK_RAW, IPPROTO_TCP},
                             {AF_UNIX, SOCK_SEQPACKET, 0},
                             {AF_NETLINK, SOCK_RAW, 0}})
        if (const auto socket = Socket::open(made.family, made.type, made.protocol))
            expect_its_kind(*socket);
}

TEST(SocketFacts, AConnectionAndItsListener) {
    const Socket listener = listen_on(Endpoint::loopback(Family::ipv4)).value();
    const auto address = listener.local().value();
    const Socket client = connect_to(address).value();
    expect_its_kind(listener);
    expect_its_kind(client);
    const SocketFacts waiting = facts_of(listener).value();
    EXPECT_EQ(waiting.state, "LISTEN");
    EXPECT_EQ(waiting.local, address.to_string());
    EXPECT_EQ(waiting.peer, "");
    const SocketFacts connected = facts_of(client).value();
    EXPECT_EQ(connected.state, "ESTABLISHED");
    EXPECT_EQ(connected.peer, address.to_string());
    EXPECT_EQ(connected.other_namespace, 0U);
    EXPECT_EQ(facts_of(Socket::open(Family::ipv4, Transport::tcp).value())->state, "CLOSE");
    EXPECT_EQ(facts_of(Socket::open(Family::ipv4, Transport::udp).value())->state, "UNCONN");
}

TEST(SocketFacts, WhatConnectsHasItsDestinationAsPeer) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        const Socket listener =
            listen_on(Endpoint::loopback(family), {.backlog = 0, .prepare = {}}).value();
        const auto address = listener.local().value();
        std::vector<Socket> clients;
        SocketFacts facts;
        for (int attempts = 0; attempts < 8 && facts.state != "SYN_SENT"; ++attempts) {
            clients.push_back(Socket::open(family, Transport::tcp).value());
            ASSERT_TRUE(clients.back().set_blocking(false));
            (void)clients.back().connect(address);
            facts = facts_of(clients.back()).value();
        }
        if (facts.state != "SYN_SENT")
            GTEST_SKIP() << "this kernel takes connections beyond the backlog";
        EXPECT_EQ(facts.peer, address.to_string());
        EXPECT_EQ(facts.peer_address, address);
    }
}

TEST(SocketFacts, ThoseOfAPairAreConnectedWithoutNames) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    const Socket one(ends[0]);
    const Socket other(ends[1]);
    EXPECT_EQ(facts_of(one)->state, "ESTABLISHED");
    EXPECT_EQ(facts_of(one)->peer, "");
    EXPECT_EQ(facts_of(Socket::open(AF_UNIX, SOCK_STREAM, 0).value())->state, "UNCONN");
    EXPECT_EQ(facts_of(Socket::open(AF_NETLINK, SOCK_RAW, 0).value())->state, "UNCONN");
}

}  // namespace
}  // namespace sockbox::net
