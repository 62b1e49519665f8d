// Tests of lib/serve/datagrams/datagram_echo: the UDP echo on its own.
#include "serve/datagrams/datagram_echo.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "net/interfaces.h"
#include "net/streams.h"
#include "tests/support.h"

namespace sockbox::serve {
namespace {

using net::Endpoint;
using net::Family;

// Runs an echo on a free port during its lifetime.
class Server {
  public:
    explicit Server(const Endpoint& address, DatagramOptions options = {})
        : options_(std::move(options)), stop_(*net::StopSignal::create()) {
        std::vector<net::Socket> sockets;
        sockets.push_back(*net::bind_datagram(address));
        port_ = sockets[0].local()->port();
        thread_ = std::thread([this, moved = std::move(sockets)]() mutable {
            EXPECT_TRUE(echo_datagrams(std::move(moved), options_, counters_, stop_));
        });
    }
    // A server that knows the addresses of its host, as the commands do.
    static DatagramOptions informed() {
        DatagramOptions options;
        options.own_addresses = net::local_addresses();
        return options;
    }
    ~Server() { stop(); }
    void stop() {
        stop_.raise();
        if (thread_.joinable())
            thread_.join();
    }
    std::uint16_t port() const { return port_; }
    const DatagramCounters& counters() const { return counters_; }

  private:
    DatagramOptions options_;
    net::StopSignal stop_;
    DatagramCounters counters_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

net::Socket client(Family family) {
    return *net::bind_datagram(Endpoint::loopback(family));
}

std::vector<std::byte> random_bytes(std::size_t size) {
    std::mt19937 source(static_cast<unsigned>(size));
    std::vector<std::byte> bytes(size);
    for (std::byte& byte : bytes)
        byte = static_cast<std::byte>(source());
    return bytes;
}

// The next datagram within `patience`; a datagram of the single byte "!" if there is none.
net::Datagram receive(net::Socket& socket, std::vector<std::byte>& into) {
    into.resize(70'000);
    if (net::wait_for(socket, net::Direction::receive, net::deadline_in(test::patience)) !=
        net::Readiness::ready) {
        ADD_FAILURE() << "no reply";
        return {};
    }
    net::Datagram datagram = socket.receive_from(into);
    into.resize(datagram.transfer.bytes);
    return datagram;
}

void expect_echoed(Family family, const std::vector<std::size_t>& sizes) {
    auto socket = client(family);
    const Server server(Endpoint::any(family));
    const Endpoint target = Endpoint::loopback(family, server.port());
    for (const std::size_t size : sizes) {
        const auto sent = random_bytes(size);
        ASSERT_TRUE(socket.send_to(sent, target).done()) << size;
        std::vector<std::byte> got;
        const net::Datagram reply = receive(socket, got);
        EXPECT_EQ(reply.source, target);
        EXPECT_EQ(got, sent) << size;
    }
}

TEST(DatagramEcho, EverySizeComesBackWholeOverIpv4) {
    expect_echoed(Family::ipv4, {0, 1, 1472, 1473, 8192, 65507});
}

TEST(DatagramEcho, EverySizeComesBackWholeOverIpv6) {
    if (!net::bind_datagram(Endpoint::loopback(Family::ipv6)))
        GTEST_SKIP() << "no IPv6 here";
    expect_echoed(Family::ipv6, {0, 1, 1452, 1453, 8192, 65527});
}

TEST(DatagramEcho, TheReplyLeavesFromTheAddressThatWasAsked) {
    if (test::on_wine())
        GTEST_SKIP() << "Wine sends from the address that its routes choose";
    const Server server(Endpoint::any(Family::ipv4));
    auto socket = client(Family::ipv4);
    const Endpoint other = *Endpoint::parse("127.0.0.9", server.port());
    ASSERT_TRUE(socket.send_to(random_bytes(10), other).done());
    std::vector<std::byte> got;
    EXPECT_EQ(receive(socket, got).source, other);
}

// 127.0.0.1 is an address of an interface; 127.0.0.9 is as good, but only the route says so.
TEST(DatagramEcho, TheReplyLeavesFromTheOnlyAddress) {
    if (test::on_wine())
        GTEST_SKIP() << "Wine sends from the address that its routes choose";
    for (const char* address : {"127.0.0.1", "127.0.0.9"}) {
        Server server(*Endpoint::parse(address), Server::informed());
        const Endpoint target = *Endpoint::parse(address, server.port());
        auto socket = client(Family::ipv4);
        ASSERT_TRUE(socket.send_to(random_bytes(10), target).done());
        std::vector<std::byte> got;
        EXPECT_EQ(receive(socket, got).source, target);
    }
}

// With a wildcard address, its own port of each address of the host is its own; with a single
// address, only that one.
TEST(DatagramEcho, ASingleAddressAnswersTheSamePortOfAnother) {
    if (test::on_wine())
        GTEST_SKIP() << "Wine binds a port of two loopback addresses only once";
    DatagramOptions options = Server::informed();
    options.answer_own_port = true;
    Server server(Endpoint::loopback(Family::ipv4), options);
    const Endpoint target = Endpoint::loopback(Family::ipv4, server.port());
    auto other = net::bind_datagram(*Endpoint::parse("127.0.0.9", server.port()));
    ASSERT_TRUE(other) << other.error().message();
    ASSERT_TRUE(other->send_to(random_bytes(3), target).done());
    std::vector<std::byte> got;
    EXPECT_EQ(receive(*other, got).source, target);
    server.stop();
    EXPECT_EQ(server.counters().dropped_own.value(), 0U);
}

// More datagrams than one call answers, so that other sockets get a turn.
TEST(DatagramEcho, AnswersWhatWaitsInSeveralTurns) {
    constexpr std::size_t sent = 5 * net::DatagramBatch::max_slots;
    const DatagramOptions options = Server::informed();
    DatagramCounters counters;
    DatagramEcho echo = *DatagramEcho::create(options, counters);
    DatagramListener listener{client(Family::ipv4)};
    auto socket = client(Family::ipv4);
    for (net::Socket* each : {&listener.socket, &socket})
        ASSERT_TRUE(each->set_option(SOL_SOCKET, SO_RCVBUF, 4 << 20));
    ASSERT_TRUE(echo.prepare(listener));
    for (std::size_t i = 0; i < sent; ++i) {
        const auto byte = static_cast<std::byte>(i);
        ASSERT_TRUE(socket.send_to({&byte, 1}, *listener.socket.local()).done());
    }
    int turns = 0;
    const auto deadline = net::deadline_in(test::patience);
    while (counters.received.value() < sent &&
           net::wait_for(listener.socket, net::Direction::receive, deadline) ==
               net::Readiness::ready) {
        echo.answer(listener);
        ++turns;
    }
    EXPECT_EQ(counters.answered.value(), sent);
    EXPECT_GT(turns, 1);
    for (std::size_t i = 0; i < sent; ++i) {
        std::vector<std::byte> got;
        receive(socket, got);
        ASSERT_EQ(got, std::vector(1, static_cast<std::byte>(i)));
    }
}

// More than one batch at once: order and count are preserved.
TEST(DatagramEcho, ABurstComesBackInOrder) {
    const Server server(Endpoint::any(Family::ipv4));
    auto socket = client(Family::ipv4);
    const Endpoint target = Endpoint::loopback(Family::ipv4, server.port());
    for (int i = 0; i < 100; ++i) {
        const auto byte = static_cast<std::byte>(i);
        ASSERT_TRUE(socket.send_to({&byte, 1}, target).done());
    }
    for (int i = 0; i < 100; ++i) {
        std::vector<std::byte> got;
        receive(socket, got);
        ASSERT_EQ(got, std::vector(1, static_cast<std::byte>(i)));
    }
}

// A source port below 1024 may belong to another echo: it gets no reply, while its neighbours do.
TEST(DatagramEcho, LowSourcePortsAreDroppedAndCounted) {
    auto low = net::bind_datagram(Endpoint::loopback(Family::ipv4, 1023));
    if (!low)
        GTEST_SKIP() << low.error().message();
    Server server(Endpoint::any(Family::ipv4));
    auto socket = client(Family::ipv4);
    const Endpoint target = Endpoint::loopback(Family::ipv4, server.port());
    ASSERT_TRUE(socket.send_to(random_bytes(1), target).done());
    ASSERT_TRUE(low->send_to(random_bytes(2), target).done());
    ASSERT_TRUE(socket.send_to(random_bytes(3), target).done());
    std::vector<std::byte> got;
    receive(socket, got);
    receive(socket, got);
    EXPECT_EQ(got.size(), 3U);
    server.stop();
    EXPECT_EQ(server.counters().received.value(), 3U);
    EXPECT_EQ(server.counters().dropped_port.value(), 1U);
    EXPECT_EQ(server.counters().answered.value(), 2U);
}

TEST(DatagramEcho, BroadcastDestinationsAreNotAnswered) {
    Server server(Endpoint::any(Family::ipv4));
    auto socket = client(Family::ipv4);
    ASSERT_TRUE(socket.set_option(SOL_SOCKET, SO_BROADCAST, 1));
    const Endpoint everyone = *Endpoint::parse("127.255.255.255", server.port());
    if (!socket.send_to(random_bytes(1), everyone).done())
        GTEST_SKIP() << "this system sends no broadcast over loopback";
    const Endpoint target = Endpoint::loopback(Family::ipv4, server.port());
    ASSERT_TRUE(socket.send_to(random_bytes(2), target).done());
    std::vector<std::byte> got;
    receive(socket, got);
    EXPECT_EQ(got.size(), 2U);
    server.stop();
    EXPECT_EQ(server.counters().dropped_destination.value(),
              server.counters().received.value() - 1);
}

TEST(DatagramEcho, ASocketOnABroadcastAddressDoesNotAnswer) {
    const Endpoint everyone = *Endpoint::parse("127.255.255.255");
    if (!net::bind_datagram(everyone))
        GTEST_SKIP() << "this system binds no broadcast address";
    Server server(everyone, Server::informed());
    auto socket = client(Family::ipv4);
    ASSERT_TRUE(socket.set_option(SOL_SOCKET, SO_BROADCAST, 1));
    ASSERT_TRUE(socket.send_to(random_bytes(1), everyone.with_port(server.port())).done());
    server.stop();  // answers what has arrived
    EXPECT_EQ(server.counters().dropped_destination.value(), 1U);
    EXPECT_EQ(server.counters().answered.value(), 0U);
}

}  // namespace
}  // namespace sockbox::serve
