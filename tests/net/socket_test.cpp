// Tests of lib/net/socket with real sockets on loopback.
#include "net/socket.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "net/streams.h"
#include "tests/peer.h"
#include "tests/support.h"
#include "text/units.h"

namespace sockbox::net {
namespace {

using test::patience;

std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
}

// Everything received until EOF.
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

TEST(Socket, ARefusedConnectionIsReported) {
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
        // A connection that the server closed first stays in TIME_WAIT.
        Socket client = connect_to(taken, {.deadline = deadline_in(patience)}).value();
        Socket server = accept(listener, true).socket;
        server.close();
        EXPECT_EQ(read_all(client), "");
    }
    listener.close();
    EXPECT_TRUE(listen_on(taken)) << listen_on(taken).error().message();
}

TEST(Socket, BothFamiliesStandOnOnePort) {
    const std::uint16_t port = *parse_port(test::closed_port());
    const auto ipv4 = listen_on(Endpoint::any(Family::ipv4, port));
    ASSERT_TRUE(ipv4) << ipv4.error().message();
    const auto ipv6 = listen_on(Endpoint::any(Family::ipv6, port));
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
    // Slightly more than the classic select() supports.
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

TEST(Socket, OwnsItsDescriptorOnce) {
    auto opened = Socket::open(Family::ipv4, Transport::tcp);
    ASSERT_TRUE(opened);
    const NativeSocket native = opened->native();
    Socket moved = std::move(*opened);
    EXPECT_FALSE(opened->valid());
    EXPECT_EQ(moved.native(), native);
    Socket& same = moved;
    moved = std::move(same);
    EXPECT_TRUE(moved.valid());
    moved.close();
    moved.close();
    EXPECT_FALSE(moved.valid());
}

TEST(Socket, OpenFailsWithTheSystemsReason) {
    const auto socket = Socket::open(AF_INET, 12345, 0);
    ASSERT_FALSE(socket);
    EXPECT_EQ(socket.error().action, "socket");
    EXPECT_TRUE(socket.error().code);
}

TEST(Socket, DistinguishesWouldBlockFromEof) {
    Pair pair = connected_pair(Family::ipv4);
    std::array<std::byte, 8> buffer{};
    ASSERT_TRUE(pair.client.set_blocking(false));
    EXPECT_TRUE(pair.client.receive(buffer).would_block());
    ASSERT_TRUE(pair.server.send(bytes("abc")).done());
    ASSERT_TRUE(pair.server.shutdown(ShutdownHow::send));
    ASSERT_EQ(wait_for(pair.client, Direction::receive, deadline_in(patience)), Readiness::ready);
    const Transfer got = pair.client.receive(buffer);
    EXPECT_TRUE(got.done());
    EXPECT_EQ(got.bytes, 3U);
    ASSERT_EQ(wait_for(pair.client, Direction::receive, deadline_in(patience)), Readiness::ready);
    EXPECT_TRUE(pair.client.receive(buffer).end());
    EXPECT_TRUE(pair.client.send(bytes("x")).done());  // the other half is still open
}

TEST(Socket, ReceivingNothingIsNotTheEnd) {
    Pair pair = connected_pair(Family::ipv4);
    ASSERT_TRUE(pair.server.send(bytes("x")).done());
    ASSERT_EQ(wait_for(pair.client, Direction::receive, deadline_in(patience)), Readiness::ready);
    EXPECT_TRUE(pair.client.receive({}).done());
}

TEST(Socket, AbortResetsThePeer) {
    Pair pair = connected_pair(Family::ipv4);
    pair.server.abort();
    EXPECT_FALSE(pair.server.valid());
    ASSERT_EQ(wait_for(pair.client, Direction::receive, deadline_in(patience)), Readiness::ready);
    std::array<std::byte, 8> buffer{};
    const Transfer got = pair.client.receive(buffer);
    if (got.end() && test::on_wine())
        GTEST_SKIP() << "Wine may take a reset for the end of the stream";
    ASSERT_TRUE(got.failed());
    EXPECT_EQ(got.error, std::errc::connection_reset);
}

TEST(Socket, OptionsAreReadAndSet) {
    auto socket = Socket::open(Family::ipv4, Transport::tcp);
    ASSERT_TRUE(socket);
    ASSERT_TRUE(socket->set_option(SOL_SOCKET, SO_KEEPALIVE, 1));
    EXPECT_NE(*socket->option(SOL_SOCKET, SO_KEEPALIVE), 0);
    EXPECT_FALSE(socket->option(SOL_SOCKET, 54321));
    EXPECT_FALSE(socket->set_option(SOL_SOCKET, 54321, 1));
    EXPECT_FALSE(socket->take_error());
    EXPECT_FALSE(socket->peer());
}

TEST(Socket, AcceptingWouldBlockWithoutAClient) {
    auto listener = listen_on(Endpoint::loopback(Family::ipv4));
    ASSERT_TRUE(listener && listener->set_blocking(false));
    EXPECT_TRUE(accept(*listener, false).transfer.would_block());
    const auto plain = Socket::open(Family::ipv4, Transport::tcp);
    EXPECT_TRUE(accept(*plain, false).transfer.failed());
}

TEST(Socket, WaitingTimesOutNotBeforeItsDeadline) {
    Pair pair = connected_pair(Family::ipv4);
    const Deadline deadline = deadline_in(std::chrono::milliseconds(20));
    EXPECT_EQ(wait_for(pair.client, Direction::receive, deadline), Readiness::timed_out);
    EXPECT_GE(Clock::now(), deadline);
    EXPECT_EQ(wait_for(pair.client, Direction::send, Clock::now()), Readiness::ready);
}

}  // namespace
}  // namespace sockbox::net
