// Tests of the UDP echo with datagrams that arrive in trains (UDP_GRO).
#include <gtest/gtest.h>
#include <netinet/udp.h>

#include "tests/serve/every_engine.h"

namespace sockbox::serve {
namespace {

// Sends `bytes` as datagrams of `size` bytes in one piece.
void send_train(net::Socket& socket, const Bytes& bytes, int size) {
    ASSERT_TRUE(socket.set_option(SOL_UDP, UDP_SEGMENT, size));
    ASSERT_EQ(socket.send(bytes).bytes, bytes.size());
    ASSERT_TRUE(socket.set_option(SOL_UDP, UDP_SEGMENT, 0));
}

net::Socket connect_datagram(const TestServer& server) {
    auto socket = *net::bind_datagram(net::Endpoint::loopback(net::Family::ipv4));
    EXPECT_TRUE(socket.set_option(SOL_SOCKET, SO_RCVBUF, 4 << 20));
    EXPECT_TRUE(socket.connect(server.endpoint()).done());
    return socket;
}

// Every datagram comes back by itself, whole, in order and to its own sender.
TEST_P(EveryEngine, DatagramsThatArriveInTrainsComeBack) {
    TestServer server(engine());
    std::vector<net::Socket> clients;
    for (int i = 0; i < 3; ++i)
        clients.push_back(connect_datagram(server));
    const Bytes bytes = random_bytes(50 * 100 + 7);  // the last datagram is shorter
    for (net::Socket& client : clients)
        send_train(client, bytes, 100);
    for (net::Socket& client : clients) {
        Bytes echo;
        for (int i = 0; i < 51; ++i) {
            Bytes datagram(1000);
            const auto got = receive_some(client, datagram);
            ASSERT_EQ(got.bytes, i < 50 ? 100U : 7U) << i;
            echo.insert(echo.end(), datagram.begin(),
                        datagram.begin() + static_cast<std::ptrdiff_t>(got.bytes));
        }
        EXPECT_EQ(echo, bytes);
    }
    server.drain();
    server.join();
    EXPECT_EQ(server.counters().datagrams.received.value(), 153U);
    EXPECT_EQ(server.counters().datagrams.answered.value(), 153U);
}

// The limit counts datagrams, not trains.
TEST_P(EveryEngine, ATrainIsLimitedAsItsDatagramsAre) {
    ServeOptions options;
    options.datagrams.replies_per_second = 5;
    TestServer server(engine(), std::move(options));
    auto client = connect_datagram(server);
    send_train(client, random_bytes(40 * 64), 64);
    Bytes datagram(1000);
    EXPECT_EQ(receive_some(client, datagram).bytes, 64U);
    server.drain();
    server.join();
    const auto& counters = server.counters().datagrams;
    EXPECT_EQ(counters.received.value(), 40U);
    EXPECT_GE(counters.dropped_rate.value(), 30U);
    EXPECT_EQ(counters.dropped_rate.value() + counters.answered.value(), 40U);
}

}  // namespace
}  // namespace sockbox::serve
