// Tests of the ends of sockets that the kernel reports, with sockets of our own.
#include "inspect/destroyed_sockets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <thread>

#include "inspect/process.h"
#include "net/streams.h"
#include "option/codec.h"
#include "option/option.h"
#include "tests/support.h"

namespace sockbox::net {
namespace {

using namespace std::chrono_literals;

// Adds what is reported to `all` until `enough` or the deadline.
bool take_until(DestroyedSockets& sockets, std::vector<DestroyedSocket>& all,
                const std::function<bool()>& enough) {
    const auto deadline = deadline_in(test::patience);
    while (!enough() && Clock::now() < deadline) {
        auto taken = sockets.take();
        EXPECT_FALSE(taken.lost);
        for (DestroyedSocket& socket : taken.sockets)
            all.push_back(std::move(socket));
        std::this_thread::sleep_for(1ms);
    }
    return enough();
}

std::int64_t field(const DestroyedSocket& socket, std::string_view name) {
    const OptionValue info = decode(Option::find("TCP_INFO")->row(), socket.facts.tcp_info);
    for (const Field& each : std::get<Fields>(info))
        if (each.name == name)
            return std::get<std::int64_t>(each.value);
    return -1;
}

TEST(DestroyedSockets, ReportEachConnectionWithItsLastStatistics) {
    auto listener = listen_on(Endpoint::loopback(Family::ipv4)).value();
    const auto address = listener.local().value();
    auto sockets = DestroyedSockets::create(address.port());
    if (!sockets)
        GTEST_SKIP() << "this kernel does not report the ends of sockets";
    Socket client = connect_to(address).value();
    const std::string peer = client.local()->to_string();
    Accepted accepted = accept(listener, true);
    const std::uint64_t cookie = cookie_of(accepted.socket);
    ASSERT_TRUE(send_all(client, std::as_bytes(std::span("hello", 5))));
    std::array<std::byte, 5> buffer;
    ASSERT_TRUE(accepted.socket.receive(buffer).done());
    client.close();
    accepted.socket.close();
    std::vector<DestroyedSocket> all;
    ASSERT_TRUE(take_until(*sockets, all, [&] { return !all.empty(); }));
    EXPECT_EQ(all[0].cookie, cookie);
    EXPECT_EQ(all[0].facts.local, address.to_string());
    EXPECT_EQ(all[0].facts.peer, peer);
    EXPECT_EQ(all[0].facts.state, "CLOSE");
    EXPECT_EQ(field(all[0], "bytes_received"), 6) << "with the FIN";
    listener.close();
    ASSERT_TRUE(take_until(*sockets, all, [&] { return all.size() == 2; }));
    EXPECT_EQ(all[1].facts.peer, "") << "the other end of the connection has another port";
}

TEST(DestroyedSockets, ReportDatagramSocketsAndIpv6) {
    auto sockets = DestroyedSockets::create(std::nullopt);
    if (!sockets)
        GTEST_SKIP() << "this kernel does not report the ends of sockets";
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        auto socket = Socket::open(family, Transport::udp);
        if (!socket || !socket->bind(Endpoint::loopback(family)))
            continue;  // no IPv6
        const std::uint64_t cookie = cookie_of(*socket);
        const std::string local = socket->local()->to_string();
        socket->close();
        std::vector<DestroyedSocket> all;
        const auto found = [&] { return std::ranges::find(all, cookie, &DestroyedSocket::cookie); };
        ASSERT_TRUE(take_until(*sockets, all, [&] { return found() != all.end(); }));
        EXPECT_EQ(found()->facts.local, local);
        EXPECT_EQ(found()->facts.kind.protocol, IPPROTO_UDP);
        EXPECT_TRUE(found()->facts.tcp_info.empty());
    }
}

}  // namespace
}  // namespace sockbox::net
