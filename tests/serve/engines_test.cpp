// Tests that every engine has to pass.
#include "serve/engines/engines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/serve/every_engine.h"

namespace sockbox::serve {
namespace {

INSTANTIATE_TEST_SUITE_P(Serve, EveryEngine, testing::ValuesIn(engine_names()),
                         [](const auto& row) { return std::string(row.param); });

TEST_P(EveryEngine, AnEmptyConnectionEndsCleanly) {
    TestServer server(engine());
    for (int i = 0; i < 50; ++i) {
        auto client = server.connect();
        ASSERT_TRUE(client.shutdown(net::ShutdownHow::send));
        expect_end(client);
    }
    server.witness().reports(50);
    server.drain();
    server.join();
    EXPECT_EQ(server.counters().ended_by(EndReason::finished).value(), 50U);
    EXPECT_EQ(server.counters().open.value(), 0U);
}

TEST_P(EveryEngine, ManyClientsAreServedAtOnce) {
    ServeOptions options;
    options.workers = 2;
    TestServer server(engine(), options);
    std::vector<net::Socket> clients;
    const std::size_t count = one_at_a_time() ? 1 : 200;
    for (std::size_t i = 0; i < count; ++i)
        clients.push_back(server.connect());
    for (unsigned round = 0; round < 2; ++round) {
        for (std::size_t i = 0; i < count; ++i)
            send(clients[i], random_bytes(100 + i, round));
        for (std::size_t i = count; i-- > 0;)
            EXPECT_EQ(receive_exactly(clients[i], 100 + i), random_bytes(100 + i, round));
    }
}

// A reset affects only its own connection, even with bytes in flight.
TEST_P(EveryEngine, ResetsOfSomeLeaveTheOthersIntact) {
    TestServer server(engine());
    std::optional<net::Socket> steady;
    if (!one_at_a_time())
        steady = server.connect();
    for (int i = 0; i < 50; ++i) {
        auto rude = server.connect();
        send(rude, random_bytes(i % 2 == 0 ? 1 : 100'000));
        rude.abort();
        if (steady)
            expect_echo(*steady, random_bytes(10));
    }
    auto next = server.connect();
    expect_echo(next, random_bytes(1000));
}

// A client that sends without reading is soon not read any more, and others do not notice.
TEST_P(EveryEngine, AClientThatNeverReadsIsNotReadEither) {
    TestServer server(engine());
    auto deaf = server.connect(4096);
    ASSERT_TRUE(deaf.set_blocking(false));
    const Bytes chunk = random_bytes(64 * 1024);
    std::uint64_t sent = 0;
    // Until there has been no room for a second: all buffers between the two are full.
    while (net::wait_for(deaf, net::Direction::send, net::deadline_in(1s)) ==
           net::Readiness::ready) {
        const auto put = deaf.send(chunk);
        ASSERT_FALSE(put.failed()) << put.error.message();
        sent += put.bytes;
        ASSERT_LT(sent, 1U << 30) << "the server reads without end";
    }
    const auto& counters = server.counters();
    EXPECT_LE(counters.received_bytes.value() - counters.sent_bytes.value(), 256U * 1024);
    if (!one_at_a_time()) {
        auto other = server.connect();
        expect_echo(other, random_bytes(1000));
    }
}

TEST_P(EveryEngine, ADrainDeliversWhatIsUnderWayAndEndsIdleClients) {
    TestServer server(engine());
    std::optional<net::Socket> idle;
    if (!one_at_a_time()) {
        idle = server.connect();
        expect_echo(*idle, random_bytes(1));
    }
    auto busy = server.connect(16 * 1024);
    const Bytes sent = random_bytes(1 << 20);
    send(busy, sent);
    server.drain();
    EXPECT_EQ(receive_exactly(busy, sent.size()), sent);
    expect_end(busy);
    if (idle)
        expect_end(*idle);
    busy.close();
    idle.reset();
    server.join();
    EXPECT_EQ(server.counters().aborted(), 0U);
    EXPECT_FALSE(net::connect_to(server.endpoint()));
}

// Those that wait for the iterative engine are served in the drain, and others refused.
TEST_P(EveryEngine, ADrainEndsInTimeAlthoughManyWait) {
    ServeOptions options;
    options.drain_timeout = 10s;
    TestServer server(engine(), options);
    auto served = server.connect();
    expect_echo(served, random_bytes(1));
    std::vector<net::Socket> waiting;
    for (int i = 0; i < 100; ++i) {
        waiting.push_back(server.connect());
        send(waiting.back(), random_bytes(10));
    }
    server.drain();
    for (net::Socket& client : waiting) {
        EXPECT_EQ(receive_exactly(client, 10), random_bytes(10));
        expect_end(client);
    }
    expect_end(served);
    waiting.clear();
    served.close();
    server.join();
    EXPECT_EQ(server.counters().aborted(), 0U);
}

TEST_P(EveryEngine, ADrainRefusesOthersWhileAClientIsServed) {
    ServeOptions options;
    options.drain_timeout = 1h;
    TestServer server(engine(), options);
    const auto deaf = connect_deaf(server);
    server.drain();
    const auto deadline = net::deadline_in(test::patience);
    while (net::connect_to(server.endpoint()) && net::Clock::now() < deadline) {
    }
    EXPECT_FALSE(net::connect_to(server.endpoint()));
    server.abort();
}

TEST_P(EveryEngine, ADrainAbortsClientsThatDoNotReadAtItsDeadline) {
    ServeOptions options;
    options.drain_timeout = 100ms;
    TestServer server(engine(), options);
    const auto deaf = connect_deaf(server);
    server.drain();
    server.join();
    EXPECT_EQ(server.counters().aborted(), 1U);
    EXPECT_GT(server.counters().unsent_bytes.value(), 0U);
}

TEST_P(EveryEngine, AnAbortDuringTheDrainEndsAtOnce) {
    ServeOptions options;
    options.drain_timeout = 1h;
    TestServer server(engine(), options);
    const auto deaf = connect_deaf(server);
    server.drain();
    server.abort();
    server.join();
    EXPECT_EQ(server.counters().aborted(), 1U);
}

TEST_P(EveryEngine, IdleClientsAreClosedAndBusyOnesAreNot) {
    ServeOptions options;
    options.idle_timeout = 1s;
    TestServer server(engine(), options);
    auto silent = server.connect();
    if (!one_at_a_time()) {
        auto busy = server.connect();
        const auto until = net::deadline_in(1500ms);
        while (net::Clock::now() < until) {
            expect_echo(busy, random_bytes(1));
            static_cast<void>(net::wait_for(busy, net::Direction::receive, net::deadline_in(20ms)));
        }
    }
    expect_end(silent);
    silent.close();
    EXPECT_EQ(server.witness().reports(1).front().reason, EndReason::idle);
}

TEST_P(EveryEngine, AClientThatNeverReadsMeetsTheWriteTimeout) {
    ServeOptions options;
    options.write_timeout = 200ms;
    TestServer server(engine(), options);
    auto deaf = server.connect(4096);
    ASSERT_TRUE(deaf.set_blocking(false));
    const Bytes chunk = random_bytes(64 * 1024);
    net::Transfer put;
    while (!put.failed() &&
           net::wait_for(deaf, net::Direction::send, net::deadline_in(test::patience)) ==
               net::Readiness::ready)
        put = deaf.send(chunk);
    EXPECT_TRUE(put.failed()) << "not closed";
    EXPECT_EQ(server.witness().reports(1).front().reason, EndReason::write_timeout);
}

TEST_P(EveryEngine, ClientsAboveTheLimitAreRefusedUntilOthersLeave) {
    if (one_at_a_time())
        GTEST_SKIP() << "serves one at a time by design";
    ServeOptions options;
    options.limits.connections = 2;
    TestServer server(engine(), options);
    auto first = server.connect();
    auto second = server.connect();
    expect_echo(first, random_bytes(10));
    expect_echo(second, random_bytes(10));
    auto third = server.connect();
    expect_end(third);
    EXPECT_EQ(server.counters().refused_by(Refusal::max_connections).value(), 1U);
    EXPECT_THAT(server.witness().troubles(1).front(), testing::HasSubstr("--max-connections"));
    first.close();
    server.witness().reports(1);
    const auto deadline = net::deadline_in(test::patience);
    for (;;) {  // the place becomes free just after the report
        auto fourth = server.connect();
        send(fourth, random_bytes(1));
        Bytes got(1);
        if (receive_some(fourth, got).done())
            break;
        ASSERT_LT(net::Clock::now(), deadline) << "never accepted again";
    }
}

// Once a client has seen EOF, its place is free.
TEST_P(EveryEngine, AClientThatReconnectsAtOnceIsNotRefused) {
    ServeOptions options;
    options.limits.connections = 1;
    TestServer server(engine(), options);
    for (int i = 0; i < 200 && !HasFailure(); ++i) {
        auto client = server.connect();
        expect_echo(client, random_bytes(1));
        ASSERT_TRUE(client.shutdown(net::ShutdownHow::send));
        expect_end(client);
    }
    EXPECT_EQ(server.counters().refusals(), 0U);
}

// The same if the server ends the connection.
TEST_P(EveryEngine, AnIdleClientMayReconnectAtOnce) {
    ServeOptions options;
    options.limits.per_client = 1;
    options.idle_timeout = 1ms;
    TestServer server(engine(), options);
    for (int i = 0; i < 20 && !HasFailure(); ++i) {
        auto client = server.connect();
        expect_end(client);
    }
    EXPECT_EQ(server.counters().refusals(), 0U);
}

TEST_P(EveryEngine, OneAddressHasItsOwnLimit) {
    if (one_at_a_time())
        GTEST_SKIP() << "serves one at a time by design";
    ServeOptions options;
    options.limits.per_client = 1;
    TestServer server(engine(), options);
    auto first = server.connect();
    expect_echo(first, random_bytes(10));
    auto second = server.connect();
    expect_end(second);
    net::ConnectOptions elsewhere;
    elsewhere.source = *net::Endpoint::parse("127.0.0.2");
    auto other = net::connect_to(server.endpoint(), elsewhere);
    if (!other)
        GTEST_SKIP() << other.error().message();
    expect_echo(*other, random_bytes(10));
}

// The urgent byte keeps its place in the stream.
TEST_P(EveryEngine, UrgentDataComesBackInPlace) {
    TestServer server(engine());
    auto client = server.connect();
    send(client, random_bytes(10));
    const char urgent = '!';
    ASSERT_EQ(::send(client.native(), &urgent, 1, MSG_OOB), 1);
    send(client, random_bytes(10));
    const Bytes got = receive_exactly(client, 21);
    ASSERT_EQ(got.size(), 21U);
    EXPECT_EQ(got[10], static_cast<std::byte>('!'));
}

// Large messages may take another way through the engine than small ones.
TEST_P(EveryEngine, UrgentDataAmongLargeMessagesComesBackInPlace) {
    TestServer server(engine());
    auto client = server.connect();
    const Bytes large = random_bytes(200'000);
    for (int i = 0; i < 5; ++i)
        expect_echo(client, large);
    const char urgent = '!';
    for (int i = 0; i < 3; ++i) {
        std::thread sender([&] {
            send(client, large);
            EXPECT_EQ(::send(client.native(), &urgent, 1, MSG_OOB), 1);
            send(client, large);
        });
        Bytes expected = large;
        expected.push_back(static_cast<std::byte>(urgent));
        expected.insert(expected.end(), large.begin(), large.end());
        EXPECT_EQ(receive_exactly(client, expected.size()), expected);
        sender.join();
    }
    // As the last byte, with nothing behind it.
    ASSERT_EQ(::send(client.native(), &urgent, 1, MSG_OOB), 1);
    EXPECT_EQ(receive_exactly(client, 1), Bytes(1, static_cast<std::byte>(urgent)));
    ASSERT_TRUE(client.shutdown(net::ShutdownHow::send));
    expect_end(client);
}

TEST_P(EveryEngine, DatagramsComeBackBesideAConnection) {
    TestServer server(engine());
    auto client = server.connect();
    expect_echo(client, random_bytes(10));
    auto socket = net::bind_datagram(net::Endpoint::loopback(net::Family::ipv4));
    ASSERT_TRUE(socket);
    for (const std::size_t size : {0, 1, 1472, 65507}) {
        const Bytes sent = random_bytes(size);
        ASSERT_TRUE(socket->send_to(sent, server.endpoint()).done());
        ASSERT_EQ(net::wait_for(*socket, net::Direction::receive, net::deadline_in(test::patience)),
                  net::Readiness::ready);
        Bytes got(70'000);
        const auto reply = socket->receive_from(got);
        got.resize(reply.transfer.bytes);
        EXPECT_EQ(got, sent) << size;
        EXPECT_EQ(reply.source, server.endpoint());
    }
}

// The datagrams are in the socket's queue before the server first reads it.
TEST_P(EveryEngine, DatagramsThatWaitAtTheDrainAreAnswered) {
    auto socket = net::bind_datagram(net::Endpoint::loopback(net::Family::ipv4));
    ASSERT_TRUE(socket);
    constexpr unsigned count = 100;  // more than a batch
    TestServer server(engine(), {}, 0, [&](TestServer& waiting) {
        for (unsigned i = 0; i < count; ++i)
            EXPECT_TRUE(socket->send_to(random_bytes(10, i), waiting.endpoint()).done());
        waiting.drain();
    });
    server.join();
    EXPECT_EQ(server.counters().datagrams.answered.value(), count);
    for (unsigned i = 0; i < count; ++i) {
        Bytes got(20);
        ASSERT_TRUE(socket->receive_from(got).transfer.done());
        got.resize(10);
        EXPECT_EQ(got, random_bytes(10, i));
    }
}

TEST_P(EveryEngine, ARestartTakesThePortAtOnce) {
    auto first = std::make_unique<TestServer>(engine());
    auto client = first->connect();
    expect_echo(client, random_bytes(10));
    const std::uint16_t port = first->port();
    first.reset();  // the server closes first, so the connection stays in TIME_WAIT
    TestServer second(engine(), {}, port);
    auto next = second.connect();
    expect_echo(next, random_bytes(10));
}

TEST_P(EveryEngine, AnAbortAtAnyMomentEnds) {
    for (int i = 0; i < 10; ++i) {
        TestServer server(engine());
        auto client = server.connect();
        send(client, random_bytes(static_cast<std::size_t>(i) * 10'000));
    }
}

TEST(Engines, NamesAreUniqueAndFound) {
    for (const Engine& engine : engines())
        EXPECT_EQ(find_engine(engine.name), &engine);
    EXPECT_EQ(find_engine("auto"), nullptr);
    std::vector<net::Error> refusals;
    EXPECT_TRUE(best_engine(refusals).available());
}

}  // namespace
}  // namespace sockbox::serve
