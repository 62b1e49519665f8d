// Tests of faults on every engine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/serve/every_engine.h"

namespace sockbox::serve {
namespace {

class FaultsOn : public EveryEngine {
  protected:
    static ServeOptions with(const std::vector<std::string_view>& specs) {
        auto faults = std::make_shared<Faults>();
        for (const auto spec : specs)
            EXPECT_TRUE(faults->add(spec));
        faults->seed = 7;
        faults->began = net::Clock::now();
        ServeOptions options;
        options.faults = faults;
        options.datagrams.faults = std::move(faults);
        return options;
    }
    void SetUp() override {
        EveryEngine::SetUp();
        if (const auto instead = engine().for_faults; !instead.empty())
            GTEST_SKIP() << instead << " serves in its place";
    }
};

INSTANTIATE_TEST_SUITE_P(Serve, FaultsOn, testing::ValuesIn(engine_names()),
                         [](const auto& row) { return std::string(row.param); });

TEST_P(FaultsOn, ADelayIsKeptAndNothingIsLost) {
    TestServer server(engine(), with({"delay=50ms"}));
    auto client = server.connect();
    const auto begin = net::Clock::now();
    expect_echo(client, random_bytes(1000));
    EXPECT_GE(net::Clock::now() - begin, 50ms);
    const Bytes sent = random_bytes(300'000);
    expect_stream_echo(client, sent);
    EXPECT_EQ(server.witness().reports(1).front().reason, EndReason::finished);
}

// Each message has its own delay and does not wait for those before it.
TEST_P(FaultsOn, ManySmallMessagesAreHeldBackAtOnce) {
    TestServer server(engine(), with({"delay=1s"}));
    auto client = server.connect();
    constexpr unsigned count = 200;
    const auto begin = net::Clock::now();
    for (unsigned i = 0; i < count; ++i) {
        send(client, random_bytes(20, i));
        // Do not let two arrive in one piece.
        while (server.counters().received_bytes.value() < 20 * (i + 1) &&
               net::Clock::now() < begin + test::patience)
            std::this_thread::yield();
    }
    for (unsigned i = 0; i < count; ++i)
        ASSERT_EQ(receive_exactly(client, 20), random_bytes(20, i));
    EXPECT_LT(net::Clock::now() - begin, count * 1s / 2) << "they wait for each other";
}

TEST_P(FaultsOn, NoMoreIsHeldBackThanTheManualStates) {
    const TestServer server(engine(), with({"delay=1h"}));
    const Deaf client = connect_deaf(server);
    EXPECT_GT(client.sent, 64U * 1024);
    EXPECT_LE(server.counters().received_bytes.value(), 64U * 1024);
}

TEST_P(FaultsOn, ADelayDoesNotCountAgainstTheWriteTimeout) {
    ServeOptions options = with({"delay=600ms"});
    options.write_timeout = 100ms;
    TestServer server(engine(), options);
    for (int client = 0; client < 3; ++client) {
        const Bytes sent = random_bytes(100);
        auto socket = server.connect();
        expect_stream_echo(socket, sent);
    }
    for (const ConnectionReport& report : server.witness().reports(3))
        EXPECT_EQ(report.reason, EndReason::finished);
}

TEST_P(FaultsOn, CorruptionRepeatsBySeed) {
    const Bytes sent = random_bytes(100'000);
    std::vector<Bytes> got;
    for (int run = 0; run < 2; ++run) {
        TestServer server(engine(), with({"corrupt=1%"}));
        auto client = server.connect();
        std::thread sender([&] { send(client, sent); });
        got.push_back(receive_exactly(client, sent.size()));
        sender.join();
    }
    EXPECT_NE(got[0], sent);
    EXPECT_EQ(got[0], got[1]);
}

TEST_P(FaultsOn, AConnectionEndsAfterSoManyBytes) {
    TestServer server(engine(), with({"close-after=1500"}));
    auto client = server.connect();
    const Bytes sent = random_bytes(2000);
    send(client, sent);
    EXPECT_EQ(receive_exactly(client, 1500), Bytes(sent.begin(), sent.begin() + 1500));
    expect_end(client);
    client.close();
    const auto report = server.witness().reports(1).front();
    EXPECT_EQ(report.reason, EndReason::fault);
    EXPECT_EQ(report.sent_bytes, 1500U);
}

TEST_P(FaultsOn, AConnectionIsResetAfterSoManyBytes) {
    TestServer server(engine(), with({"reset-after=1"}));
    auto client = server.connect();
    send(client, random_bytes(1));
    Bytes got(10);
    net::Transfer last;
    do
        last = receive_some(client, got);
    while (last.done());
    EXPECT_EQ(server.witness().reports(1).front().reason, EndReason::fault);
    EXPECT_TRUE(last.failed() || test::on_wine());  // Wine may report a reset as EOF
}

TEST_P(FaultsOn, AThrottleHoldsItsRate) {
    TestServer server(engine(), with({"throttle=100K"}));
    auto client = server.connect();
    const auto begin = net::Clock::now();
    expect_echo(client, random_bytes(50 * 1024));
    EXPECT_GE(net::Clock::now() - begin, 400ms);
}

TEST_P(FaultsOn, DatagramsAreDelayedDoubledAndLost) {
    TestServer server(engine(), with({"delay=30ms", "duplicate=100%"}));
    auto socket = net::bind_datagram(net::Endpoint::loopback(net::Family::ipv4));
    ASSERT_TRUE(socket);
    const auto begin = net::Clock::now();
    ASSERT_TRUE(socket->send_to(random_bytes(10), server.endpoint()).done());
    for (int i = 0; i < 2; ++i) {
        ASSERT_EQ(net::wait_for(*socket, net::Direction::receive, net::deadline_in(test::patience)),
                  net::Readiness::ready);
        Bytes got(100);
        EXPECT_EQ(socket->receive_from(got).transfer.bytes, 10U);
        EXPECT_GE(net::Clock::now() - begin, 30ms);
    }
    EXPECT_EQ(server.counters().datagrams.answered.value(), 1U);
    TestServer deaf(engine(), with({"drop=100%"}));
    ASSERT_TRUE(socket->send_to(random_bytes(10), deaf.endpoint()).done());
    const auto& lost = deaf.counters().datagrams.dropped_fault;
    const auto deadline = net::deadline_in(test::patience);
    while (lost.value() == 0 && net::Clock::now() < deadline)
        std::this_thread::yield();
    EXPECT_EQ(lost.value(), 1U);
}

}  // namespace
}  // namespace sockbox::serve
