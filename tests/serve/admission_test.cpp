// Tests of which clients are served, on every engine: lib/serve/limits/admission and service.
#include "serve/limits/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/serve/every_engine.h"

namespace sockbox::serve {
namespace {

using testing::HasSubstr;

class Admission : public EveryEngine {};

INSTANTIATE_TEST_SUITE_P(Serve, Admission, testing::ValuesIn(engine_names()),
                         [](const auto& row) { return std::string(row.param); });

net::Result<net::Socket> connect_from(std::string_view source, const TestServer& server) {
    net::ConnectOptions options;
    options.source = *net::Endpoint::parse(source);
    return net::connect_to(server.endpoint(), options);
}

TEST_P(Admission, TheAccessListRefusesConnections) {
    ServeOptions options;
    options.limits.access.deny(*Network::parse("127.0.0.0/8"));
    options.limits.access.allow(*Network::parse("127.0.0.2"));
    TestServer server(engine(), options);
    auto denied = server.connect();
    expect_end(denied);
    auto again = server.connect();
    expect_end(again);
    EXPECT_EQ(server.counters().refused_by(Refusal::denied).value(), 2U);
    EXPECT_THAT(server.witness().troubles(1).front(), HasSubstr("--deny"));
    EXPECT_EQ(server.counters().accepted.value(), 0U);
    auto allowed = connect_from("127.0.0.2", server);
    if (!allowed)
        GTEST_SKIP() << allowed.error().message();
    expect_echo(*allowed, random_bytes(10));
}

TEST_P(Admission, TheAccessListAndTheBudgetDropDatagrams) {
    if (test::on_wine())
        GTEST_SKIP() << "Wine sends from the address that its routes choose";
    ServeOptions options;
    options.datagrams.access.deny(*Network::parse("127.0.0.2"));
    options.datagrams.replies_per_second = 2;
    TestServer server(engine(), options);
    auto allowed = net::bind_datagram(*net::Endpoint::parse("127.0.0.1"));
    auto denied = net::bind_datagram(*net::Endpoint::parse("127.0.0.2"));
    if (!denied)
        GTEST_SKIP() << denied.error().message();
    for (int i = 0; i < 5; ++i)
        ASSERT_TRUE(denied->send_to(random_bytes(1), server.endpoint()).done());
    for (int i = 0; i < 30; ++i)
        ASSERT_TRUE(allowed->send_to(random_bytes(2), server.endpoint()).done());
    const DatagramCounters& counters = server.counters().datagrams;
    const auto deadline = net::deadline_in(test::patience);
    while (counters.answered.value() + counters.dropped() < 35 && net::Clock::now() < deadline)
        std::this_thread::yield();
    EXPECT_EQ(counters.dropped_denied.value(), 5U);
    EXPECT_GE(counters.answered.value(), 2U);
    EXPECT_GE(counters.dropped_rate.value(), 1U);
    EXPECT_EQ(counters.answered.value() + counters.dropped_rate.value(), 30U);
    EXPECT_NE(net::wait_for(*denied, net::Direction::receive, net::Clock::now()),
              net::Readiness::ready);
}

TEST_P(Admission, OnceIsOneClientAndThenTheEnd) {
    ServeOptions options;
    options.limits.once = true;
    options.idle_timeout = 1h;
    TestServer server(engine(), options);
    auto client = server.connect();
    expect_echo(client, random_bytes(10));
    if (!one_at_a_time()) {
        auto other = server.connect();
        expect_end(other);
        EXPECT_EQ(server.counters().refused_by(Refusal::once).value(), 1U);
    }
    expect_echo(client, random_bytes(10));
    ASSERT_TRUE(client.shutdown(net::ShutdownHow::send));
    expect_end(client);
    server.join();  // ends without a stop signal
    EXPECT_EQ(server.counters().accepted.value(), 1U);
    EXPECT_EQ(server.counters().broken(), 0U);
}

TEST_P(Admission, AClientThatLeftTooEarlyDoesNotUseUpOnce) {
    if (test::on_wine())
        GTEST_SKIP() << "Wine tells of a reset only later";
    ServeOptions options;
    options.limits.once = true;
    TestServer server(engine(), options, 0, [](TestServer& waiting) { waiting.connect().abort(); });
    auto client = server.connect();
    expect_echo(client, random_bytes(10));
    ASSERT_TRUE(client.shutdown(net::ShutdownHow::send));
    expect_end(client);
    server.join();  // ends without a stop signal
    EXPECT_EQ(server.counters().accepted.value(), 1U);
    EXPECT_EQ(server.counters().accept_failures.value(), 1U);
    EXPECT_EQ(server.counters().broken(), 0U);
}

// Who is one client for the limit per client.
class MaxPerClient : public testing::Test {
  protected:
    // Whether a client at `second` is refused while one at `first` is served.
    bool are_one(std::string_view first, std::string_view second, unsigned prefix = 64) {
        Limits limits;
        limits.per_client = 1;
        limits.ipv6_prefix = prefix;
        ::sockbox::serve::Admission admission(limits, drain_);
        const auto served = admission.admit(*net::Endpoint::parse(first, 1));
        EXPECT_TRUE(served);
        const auto other = admission.admit(*net::Endpoint::parse(second, 2));
        EXPECT_TRUE(other || other.error().reason == Refusal::max_per_client);
        return !other;
    }
    net::StopSignal drain_ = *net::StopSignal::create();
};

TEST_F(MaxPerClient, CountsIpv6ByNetwork) {
    EXPECT_TRUE(are_one("2001:db8::1", "2001:db8::1"));
    EXPECT_TRUE(are_one("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff"));
    EXPECT_FALSE(are_one("2001:db8::1", "2001:db8:0:1::1"));
    EXPECT_FALSE(are_one("2001:db8::1", "2001:db8::2", 128));
    EXPECT_TRUE(are_one("2001:db8::1", "2001:db8:0:1::1", 63));
    EXPECT_FALSE(are_one("2001:db8::1", "2001:db8:0:2::1", 63));
    EXPECT_TRUE(are_one("2001:db8::1", "3001:db8::1", 1));
}

TEST_F(MaxPerClient, CountsOthersByAddress) {
    EXPECT_FALSE(are_one("192.0.2.1", "192.0.2.2"));
    EXPECT_FALSE(are_one("::ffff:192.0.2.1", "::ffff:192.0.2.2"));
    EXPECT_TRUE(are_one("192.0.2.1", "::ffff:192.0.2.1"));
    EXPECT_FALSE(are_one("fe80::1", "fe80::2"));
}

}  // namespace
}  // namespace sockbox::serve
