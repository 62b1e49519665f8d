// Tests of clients that leave in the middle of something, on every engine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/serve/every_engine.h"

namespace sockbox::serve {
namespace {

TEST_P(EveryEngine, AClientThatLeavesBeforeItIsAcceptedCostsNothing) {
    std::vector<net::Socket> patient;
    TestServer server(engine(), {}, 0, [&](TestServer& waiting) {
        for (int i = 0; i < 30; ++i) {
            auto client = waiting.connect();
            if (i % 3 == 0)
                client.abort();
            else if (i % 3 == 1)
                client.close();
            else
                patient.push_back(std::move(client));
        }
    });
    for (net::Socket& client : patient) {
        expect_echo(client, random_bytes(100));
        client.close();
    }
    auto next = server.connect();
    expect_echo(next, random_bytes(100));
}

TEST_P(EveryEngine, AClientThatLeavesWithUnreadBytesIsClosed) {
    TestServer server(engine());
    for (int i = 0; i < 3; ++i) {
        auto deaf = connect_deaf(server);
        deaf.socket.close();  // unread bytes make this a reset
    }
    for (const ConnectionReport& report : server.witness().reports(3))
        // Wine reports it as EOF.
        EXPECT_TRUE(report.reason == EndReason::reset || test::on_wine());
    EXPECT_GT(server.counters().unsent_bytes.value(), 0U);
    auto next = server.connect();
    expect_echo(next, random_bytes(100));
}

// A client with bytes left to read is not idle, however slowly it reads them.
TEST_P(EveryEngine, ASlowReaderIsNotIdle) {
    ServeOptions options;
    options.idle_timeout = 500ms;  // longer than a busy machine holds up the sender
    TestServer server(engine(), options);
    auto slow = connect_deaf(server);
    auto silence = net::bind_datagram(net::Endpoint::loopback(net::Family::ipv4));
    ASSERT_TRUE(silence);
    static_cast<void>(net::wait_for(*silence, net::Direction::receive, net::deadline_in(1s)));
    ASSERT_TRUE(slow.socket.shutdown(net::ShutdownHow::send));
    std::size_t came_back = 0;
    for (Bytes some(65536); came_back < slow.sent;) {
        const auto got = receive_some(slow.socket, some);
        ASSERT_TRUE(got.done()) << "after " << came_back << " of " << slow.sent;
        came_back += got.bytes;
    }
    expect_end(slow.socket);
    EXPECT_EQ(server.witness().reports(1).front().reason, EndReason::finished);
}

TEST_P(EveryEngine, NoClientIsIdleTooEarly) {
    ServeOptions options;
    options.idle_timeout = 250ms;
    TestServer server(engine(), options);
    auto silent = server.connect();
    expect_echo(silent, random_bytes(1));
    const auto begin = net::Clock::now();
    expect_end(silent);
    EXPECT_GE(net::Clock::now() - begin, 200ms);  // the loop's clock lags slightly
}

}  // namespace
}  // namespace sockbox::serve
