// Tests of lib/net/streams.
#include "net/streams.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/support.h"

namespace sockbox::net {
namespace {

ConnectOptions in_time() {
    ConnectOptions options;
    options.deadline = deadline_in(test::patience);
    return options;
}

TEST(ListenOn, NoOtherProgramSharesThePort) {
    auto first = listen_on(Endpoint::loopback(Family::ipv4));
    ASSERT_TRUE(first);
    const Endpoint taken = *first->local();
    const auto second = listen_on(taken);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, std::errc::address_in_use);
    EXPECT_EQ(second.error().subject, taken.to_string());
    EXPECT_FALSE(second.error().hint.empty());
}

TEST(ListenOn, ThePortIsFreeAgainAtOnce) {
    Endpoint endpoint;
    {
        auto listener = listen_on(Endpoint::loopback(Family::ipv4));
        ASSERT_TRUE(listener);
        endpoint = *listener->local();
        auto client = connect_to(endpoint, in_time());
        ASSERT_TRUE(client);
        Accepted accepted = accept(*listener, true);
        accepted.socket.close();  // the server closes first and keeps the TIME_WAIT state
    }
    EXPECT_TRUE(listen_on(endpoint));
}

TEST(ListenOn, PreparationComesBeforeBindingAndCanRefuse) {
    ListenOptions options;
    options.prepare = [](Socket& socket) { return socket.set_option(SOL_SOCKET, SO_KEEPALIVE, 1); };
    auto listener = listen_on(Endpoint::loopback(Family::ipv4), options);
    ASSERT_TRUE(listener);
    EXPECT_NE(*listener->option(SOL_SOCKET, SO_KEEPALIVE), 0);
    options.prepare = [](Socket&) -> Status { return fail_text("no"); };
    EXPECT_EQ(listen_on(Endpoint::loopback(Family::ipv4), options).error().message(), "no");
}

TEST(BindHint, KnowsTheUsualCures) {
    const auto code = [](std::errc e) { return std::make_error_code(e); };
    const Endpoint low = Endpoint::any(Family::ipv4, 7);
    EXPECT_NE(bind_hint(code(std::errc::permission_denied), low), "");
    EXPECT_EQ(bind_hint(code(std::errc::permission_denied), low.with_port(3490)), "");
    EXPECT_NE(bind_hint(code(std::errc::address_in_use), low), "");
    EXPECT_NE(bind_hint(code(std::errc::address_not_available), low), "");
    EXPECT_NE(bind_hint(code(std::errc::invalid_argument), *Endpoint::parse("fe80::1")), "");
}

TEST(ConnectTo, IsRefusedWithoutAListener) {
    auto bound = bind_datagram(Endpoint::loopback(Family::ipv4));
    auto listener = Socket::open(Family::ipv4, Transport::tcp);
    ASSERT_TRUE(bound && listener && listener->bind(Endpoint::loopback(Family::ipv4)));
    const Endpoint closed = *listener->local();  // bound but not listening
    const auto connected = connect_to(closed, in_time());
    ASSERT_FALSE(connected);
    EXPECT_EQ(connected.error().code, std::errc::connection_refused);
    EXPECT_EQ(connected.error().subject, closed.to_string());
}

TEST(ConnectTo, NeverToItself) {
    // Connecting from a port to itself is TCP's simultaneous open.
    auto probe = Socket::open(Family::ipv4, Transport::tcp);
    ASSERT_TRUE(probe && probe->bind(Endpoint::loopback(Family::ipv4)));
    const Endpoint self = *probe->local();
    probe->close();
    ConnectOptions options = in_time();
    options.source = self;
    const auto connected = connect_to(self, options);
    ASSERT_FALSE(connected);
    EXPECT_TRUE(connected.error().code == std::errc::connection_refused ||
                connected.error().code == std::errc::address_in_use)
        << connected.error().message();
}

TEST(ConnectTo, StopsWhenToldTo) {
    auto stop = StopSignal::create();
    ASSERT_TRUE(stop);
    stop->raise();
    auto listener = listen_on(Endpoint::loopback(Family::ipv4));
    ASSERT_TRUE(listener);
    ConnectOptions options = in_time();
    options.stop = &*stop;
    const auto connected = connect_to(*listener->local(), options);
    // On loopback the connection may be complete before there is anything to wait for.
    if (!connected) {
        EXPECT_EQ(connected.error().code, std::errc::operation_canceled);
    }
}

TEST(SendAll, WaitsForASlowReader) {
    auto listener = listen_on(Endpoint::loopback(Family::ipv4));
    ASSERT_TRUE(listener);
    auto client = connect_to(*listener->local(), in_time());
    ASSERT_TRUE(client && client->set_blocking(false));
    Accepted accepted = accept(*listener, true);
    const std::vector<std::byte> data(4 << 20, std::byte{0x5a});
    std::size_t received = 0;
    std::thread reader([&] {
        std::vector<std::byte> buffer(65536);
        for (Transfer got; (got = accepted.socket.receive(buffer)).done();)
            received += got.bytes;
    });
    std::size_t sent = 0;
    EXPECT_TRUE(send_all(*client, data, deadline_in(test::patience), nullptr, &sent));
    client->close();
    reader.join();
    EXPECT_EQ(sent, data.size());
    EXPECT_EQ(received, data.size());
}

TEST(SendAll, ReportsHowMuchItSent) {
    auto listener = listen_on(Endpoint::loopback(Family::ipv4));
    ASSERT_TRUE(listener);
    auto client = connect_to(*listener->local(), in_time());
    ASSERT_TRUE(client && client->set_blocking(false));
    const std::vector<std::byte> data(64 << 20);
    std::size_t sent = 0;
    const Status status =
        send_all(*client, data, deadline_in(std::chrono::milliseconds(50)), nullptr, &sent);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, std::errc::timed_out);
    EXPECT_LT(sent, data.size());
    auto stop = StopSignal::create();
    ASSERT_TRUE(stop);
    stop->raise();
    const Status stopped = send_all(*client, data, no_deadline, &*stop, &sent);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, std::errc::operation_canceled);
    EXPECT_EQ(sent, 0U);
}

}  // namespace
}  // namespace sockbox::net
