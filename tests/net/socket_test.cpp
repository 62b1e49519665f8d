// Tests of lib/net/socket: each on real sockets of the loopback interface.
#include "net/socket.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "net/streams.h"
#include "tests/support.h"

namespace sockbox::net {
namespace {

using test::patience;

std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
}

// What arrives until the end of the stream.
std::string read_all(Socket& socket) {
    std::string text;
    std::array<std::byte, 4096> buffer;
    for (;;) {
        if (wait_for(socket, Direction::receive, deadline_in(patience)) != Readiness::ready)
            return text + "<timed out>";
        const Transfer got = socket.receive(buffer);
        if (!got.done())
            return text + (got.end() ? "" : "<failed>");
        text.append(static_cast<const char*>(static_cast<const void*>(buffer.data())), got.bytes);
    }
}

struct Pair {
    Socket client;
    Socket server;
};

Pair connected_pair(Family family, bool blocking = true) {
    auto listener = listen_on(Endpoint::loopback(family)).value();
    Pair pair;
    pair.client = connect_to(*listener.local(), {.deadline = deadline_in(patience)}).value();
    EXPECT_EQ(wait_for(listener, Direction::receive, deadline_in(patience)), Readiness::ready);
    Accepted accepted = accept(listener, blocking);
    EXPECT_TRUE(accepted.transfer.done());
    EXPECT_EQ(accepted.peer, *pair.client.local());
    pair.server = std::move(accepted.socket);
    return pair;
}

class SocketOfFamily : public testing::TestWithParam<Family> {
  protected:
    void SetUp() override {
        auto socket = Socket::open(GetParam(), Transport::udp);
        if (!socket || !socket->bind(Endpoint::loopback(GetParam())))
            GTEST_SKIP() << "no " << family_name(GetParam()) << " on this machine";
    }
};

TEST_P(SocketOfFamily, AHalfClosedStreamStillCarriesTheAnswer) {
    Pair pair = connected_pair(GetParam());
    ASSERT_TRUE(send_all(pair.client, bytes("question")));
    ASSERT_TRUE(pair.client.shutdown(ShutdownHow::send));
    EXPECT_EQ(read_all(pair.server), "question");
    ASSERT_TRUE(send_all(pair.server, bytes("answer")));
    pair.server.close();
    EXPECT_EQ(read_all(pair.client), "answer");
}

TEST_P(SocketOfFamily, DatagramsKeepTheirLimits) {
    auto receiver = bind_datagram(Endpoint::loopback(GetParam())).value();
    auto sender = bind_datagram(Endpoint::loopback(GetParam())).value();
    const Endpoint to = *receiver.local();
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{1473}, std::size_t{65507}}) {
        const std::vector<std::byte> sent(size, std::byte{0xa5});
        ASSERT_TRUE(sender.send_to(sent, to).done()) << size;
        std::vector<std::byte> room(65536);
        ASSERT_EQ(wait_for(receiver, Direction::receive, deadline_in(patience)), Readiness::ready);
        const Datagram got = receiver.receive_from(room);
        ASSERT_TRUE(got.transfer.done()) << got.transfer.error.message();
        EXPECT_EQ(got.transfer.bytes, size);
        EXPECT_EQ(got.source, *sender.local());
        EXPECT_FALSE(got.truncated);
    }
}

TEST_P(SocketOfFamily, ADatagramLongerThanTheBufferIsCutAndTheNextOneIsWhole) {
    auto receiver = bind_datagram(Endpoint::loopback(GetParam())).value();
    auto sender = bind_datagram(Endpoint::loopback(GetParam())).value();
    ASSERT_TRUE(sender.send_to(bytes("too long for it"), *receiver.local()).done());
    ASSERT_TRUE(sender.send_to(bytes("fits"), *receiver.local()).done());
    std::array<std::byte, 4> room{};
    const Datagram cut = receiver.receive_from(room);
    ASSERT_TRUE(cut.transfer.done()) << cut.transfer.error.message();
    EXPECT_TRUE(cut.truncated);
    EXPECT_EQ(cut.transfer.bytes, 4u);
    EXPECT_EQ(cut.source, *sender.local());
    const Datagram whole = receiver.receive_from(room);
    EXPECT_FALSE(whole.truncated);
    EXPECT_EQ(whole.transfer.bytes, 4u);
    EXPECT_EQ(room[0], std::byte{'f'});
}

INSTANTIATE_TEST_SUITE_P(Socket, SocketOfFamily, testing::Values(Family::ipv4, Family::ipv6),
                         [](const auto& one) { return std::string(family_name(one.param)); });

TEST(Socket, AnAcceptedOneHasTheModeAsked) {
    std::array<std::byte, 1> room{};
    Pair pair = connected_pair(Family::ipv4, false);
    EXPECT_TRUE(pair.server.receive(room).would_block());
}

TEST(Socket, ARefusedConnectionIsTold) {
    Endpoint nobody;
    {
        auto listener = listen_on(Endpoint::loopback(Family::ipv4)).value();
        nobody = *listener.local();
    }
    const auto refused = connect_to(nobody, {.deadline = deadline_in(patience)});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, std::errc::connection_refused) << refused.error().message();
    EXPECT_TRUE(refused.error().message().starts_with("connect " + nobody.to_string()));
}

TEST(Socket, APortIsTakenOnceAndAgainAtOnceAfterItsOwner) {
    auto listener = listen_on(Endpoint::loopback(Family::ipv4)).value();
    const Endpoint taken = *listener.local();
    const auto second = listen_on(taken);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, std::errc::address_in_use) << second.error().message();
    {
        // A connection that the server closed first stays behind in TIME_WAIT.
        Socket client = connect_to(taken, {.deadline = deadline_in(patience)}).value();
        Socket server = accept(listener, true).socket;
        server.close();
        EXPECT_EQ(read_all(client), "");
    }
    listener.close();
    EXPECT_TRUE(listen_on(taken)) << listen_on(taken).error().message();
}

TEST(Socket, BothFamiliesStandOnOnePort) {
    auto ipv4 = listen_on(Endpoint::any(Family::ipv4)).value();
    const auto ipv6 = listen_on(Endpoint::any(Family::ipv6, ipv4.local()->port()));
    if (!ipv6 && ipv6.error().code == std::errc::address_family_not_supported)
        GTEST_SKIP() << "no IPv6 on this machine";
    EXPECT_TRUE(ipv6) << ipv6.error().message();
}

TEST(Socket, WaitingEndsAtItsDeadline) {
    auto socket = bind_datagram(Endpoint::loopback(Family::ipv4)).value();
    EXPECT_EQ(wait_for(socket, Direction::receive, deadline_in(std::chrono::milliseconds(20))),
              Readiness::timed_out);
    EXPECT_EQ(wait_for(socket, Direction::send, deadline_in(patience)), Readiness::ready);
}

TEST(Socket, ADatagramSocketOutlivesPeersThatAreGone) {
    auto server = bind_datagram(Endpoint::loopback(Family::ipv4)).value();
    auto client = bind_datagram(Endpoint::loopback(Family::ipv4)).value();
    const Endpoint gone = *bind_datagram(Endpoint::loopback(Family::ipv4)).value().local();
    ASSERT_TRUE(server.send_to(bytes("to nobody"), gone).done());
    ASSERT_TRUE(client.send_to(bytes("next"), *server.local()).done());
    std::array<std::byte, 16> room{};
    const Datagram got = server.receive_from(room);
    ASSERT_TRUE(got.transfer.done()) << got.transfer.error.message();
    EXPECT_EQ(got.source, *client.local());
}

TEST(Socket, MoreThanSixtyFourWaitTogether) {
    // As many as a classic select() has room for, and some more.
    std::vector<Socket> sockets;
    std::vector<PollEntry> entries;
    for (int i = 0; i < 100; ++i) {
        sockets.push_back(bind_datagram(Endpoint::loopback(Family::ipv4)).value());
        PollEntry entry{};
        entry.fd = sockets.back().native();
        entry.events = POLLIN;
        entries.push_back(entry);
    }
    ASSERT_TRUE(sockets[0].send_to(bytes("wake"), *sockets[99].local()).done());
    EXPECT_EQ(platform::poll(entries, 10000), 1);
    EXPECT_NE(entries[99].revents, 0);
    EXPECT_EQ(entries[98].revents, 0);
}

}  // namespace
}  // namespace sockbox::net
