// Tests of the kernel's list of sockets, with sockets of our own.
#include "inspect/socket_listing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include "inspect/process.h"
#include "net/streams.h"

namespace sockbox::net {
namespace {

using testing::Contains;
using testing::Not;

std::vector<std::uint64_t> inodes(const ListingFilter& filter) {
    std::vector<std::uint64_t> found;
    const auto done =
        list_sockets(filter, [&](const ListedSocket& socket) { found.push_back(socket.inode); });
    EXPECT_TRUE(done) << done.error().message();
    return found;
}

bool missing() {
    return !list_sockets({1, false}, [](const ListedSocket&) {});
}

TEST(SocketListing, FindsByPortWhatHasThatPort) {
    if (missing())
        GTEST_SKIP() << "this kernel lists no sockets";
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        auto listener = listen_on(Endpoint::loopback(family));
        if (!listener)
            continue;  // no IPv6
        const auto address = listener->local().value();
        const Socket client = connect_to(address).value();
        const Accepted accepted = accept(*listener, true);
        const ListingFilter port{address.port(), false};
        EXPECT_THAT(inodes(port), Contains(inode_of(*listener)));
        EXPECT_THAT(inodes(port), Contains(inode_of(accepted.socket)));
        EXPECT_THAT(inodes(port), Not(Contains(inode_of(client))));
        const ListingFilter waiting{address.port(), true};
        EXPECT_THAT(inodes(waiting), Contains(inode_of(*listener)));
        EXPECT_THAT(inodes(waiting), Not(Contains(inode_of(accepted.socket))));
    }
}

TEST(SocketListing, ADatagramSocketWaitsUntilItHasAPeer) {
    if (missing())
        GTEST_SKIP() << "this kernel lists no sockets";
    auto socket = Socket::open(Family::ipv4, Transport::udp).value();
    ASSERT_TRUE(socket.bind(Endpoint::loopback(Family::ipv4)));
    const ListingFilter waiting{socket.local()->port(), true};
    EXPECT_THAT(inodes(waiting), Contains(inode_of(socket)));
    ASSERT_TRUE(socket.connect(*socket.local()).done());
    EXPECT_THAT(inodes(waiting), Not(Contains(inode_of(socket))));
}

TEST(SocketListing, AgreesWithTheSocketItself) {
    if (missing())
        GTEST_SKIP() << "this kernel lists no sockets";
    auto listener = listen_on(Endpoint::loopback(Family::ipv4)).value();
    const auto address = listener.local().value();
    const Socket client = connect_to(address).value();
    const Accepted accepted = accept(listener, true);
    const SocketFacts own = facts_of(accepted.socket).value();
    std::size_t told = 0;
    ASSERT_TRUE(list_sockets({address.port(), false}, [&](const ListedSocket& socket) {
        if (socket.inode != inode_of(accepted.socket))
            return;
        ++told;
        EXPECT_EQ(socket.facts.local, own.local);
        EXPECT_EQ(socket.facts.peer, own.peer);
        EXPECT_EQ(socket.facts.state, own.state);
        EXPECT_EQ(local_port(socket.facts), local_port(own));
        EXPECT_EQ(to_text(socket.facts.kind), to_text(own.kind));
        EXPECT_EQ(socket.user, ::geteuid());
    }));
    EXPECT_EQ(told, 1U);
}

TEST(NetworkNamespace, AnotherOneHasOtherSockets) {
    const auto own = NetworkNamespace::own();
    ASSERT_TRUE(own) << own.error().message();
    EXPECT_EQ(own->id(), NetworkNamespace::of_process(::getpid())->id());
    auto listener = listen_on(Endpoint::loopback(Family::ipv4)).value();
    const auto of_socket = NetworkNamespace::of_socket(listener);
    EXPECT_TRUE(!of_socket || of_socket->id() == own->id());
    // A thread that unshares its network namespace is in an empty one.
    bool apart = false;
    std::vector<std::uint64_t> there;
    ASSERT_TRUE(own->run([&] {
                       apart = ::unshare(CLONE_NEWNET) == 0;
                       if (apart && !missing())
                           there = inodes({listener.local()->port(), false});
                   })
                    .has_value() ||
                ::geteuid() != 0);
    if (!apart)
        GTEST_SKIP() << "no right to make a network namespace";
    EXPECT_TRUE(there.empty());
    EXPECT_EQ(NetworkNamespace::own()->id(), own->id());  // only that thread has moved
}

}  // namespace
}  // namespace sockbox::net
