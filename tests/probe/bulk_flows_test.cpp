// Tests of lib/probe/load/bulk_flows, through echo servers and others.
#include "probe/load/bulk_flows.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/echod_client.h"

namespace sockbox::probe {
namespace {

using test::patience;

bool comes_true(const std::function<bool()>& condition) {
    const auto deadline = net::deadline_in(patience);
    while (!condition() && net::Clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return condition();
}

BulkOptions options_of(std::size_t flows) {
    BulkOptions options;
    options.flows = flows;
    options.connect.deadline = net::deadline_in(patience);
    return options;
}

TEST(BulkFlows, CarryDataBothWaysUntilTheyEnd) {
    const test::EchoServer server;
    const auto flows = BulkFlows::start(test::loopback(server.port()), options_of(3));
    ASSERT_TRUE(flows) << flows.error().message();
    EXPECT_EQ((*flows)->size(), 3U);
    constexpr std::uint64_t much = 64 << 20;
    EXPECT_TRUE(comes_true([&] { return (*flows)->received_bytes() >= much; }));
    EXPECT_GE((*flows)->sent_bytes(), much);
    EXPECT_EQ((*flows)->broken().flows, 0U);
}

TEST(BulkFlows, OneThatBreaksIsCountedAndNotReplaced) {
    auto listener = net::listen_on(net::Endpoint::loopback(net::Family::ipv4));
    ASSERT_TRUE(listener);
    const auto flows = BulkFlows::start(*listener->local(), options_of(2));
    ASSERT_TRUE(flows) << flows.error().message();
    auto first = net::accept(*listener, true);
    auto second = net::accept(*listener, true);
    EXPECT_EQ((*flows)->broken().flows, 0U);
    first.socket.abort();
    EXPECT_TRUE(comes_true([&] { return (*flows)->broken().flows == 1; }));
    const net::Error why = (*flows)->broken().first;
    if (why.code || !test::on_wine()) {  // which may take a reset for the end of the stream
        EXPECT_EQ(why.code, std::errc::connection_reset) << why.message();
    }
    second.socket.abort();
    EXPECT_TRUE(comes_true([&] { return (*flows)->broken().flows == 2; }));
    EXPECT_EQ((*flows)->received_bytes(), 0U);
}

TEST(BulkFlows, FailIfNobodyListens) {
    auto listener = net::listen_on(net::Endpoint::loopback(net::Family::ipv4));
    ASSERT_TRUE(listener);
    const net::Endpoint address = *listener->local();
    listener->close();
    const auto flows = BulkFlows::start(address, options_of(2));
    ASSERT_FALSE(flows);
    EXPECT_EQ(flows.error().code, std::errc::connection_refused);
}

TEST(BulkFlows, AStopEndsTheAttemptToConnect) {
    auto stop = net::StopSignal::create();
    ASSERT_TRUE(stop);
    stop->raise();
    BulkOptions options = options_of(1);
    options.connect.stop = &*stop;
    const test::EchoServer server;
    const auto flows = BulkFlows::start(test::loopback(server.port()), options);
    ASSERT_FALSE(flows);
    EXPECT_EQ(flows.error().code, std::errc::operation_canceled);
}

}  // namespace
}  // namespace sockbox::probe
