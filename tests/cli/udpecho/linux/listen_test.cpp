// Tests of whom udpecho --listen answers, and with what.
#include <gtest/gtest.h>

#include "net/stamp.h"
#include "net/streams.h"
#include "tests/echod_client.h"
#include "tests/udp_server.h"

namespace sockbox::test {
namespace {

// The size of the server's next reply; -1 if it answers only the honest client after this one.
std::ptrdiff_t answer_to(net::Socket& asking, const UdpServer& server, std::size_t size) {
    const std::vector<std::byte> question(size);
    EXPECT_TRUE(asking.send_to(question, loopback(server.port())).done());
    auto honest = *net::bind_datagram(net::Endpoint::loopback(net::Family::ipv4));
    const std::vector<std::byte> whole(net::stamp::packet_bytes);
    EXPECT_TRUE(honest.send_to(whole, loopback(server.port())).done());
    EXPECT_EQ(net::wait_for(honest, net::Direction::receive, net::deadline_in(patience)),
              net::Readiness::ready);
    if (net::wait_for(asking, net::Direction::receive, net::Clock::now()) != net::Readiness::ready)
        return -1;
    std::vector<std::byte> into(1000);
    return static_cast<std::ptrdiff_t>(asking.receive_from(into).transfer.bytes);
}

TEST(UdpechoListen, AnswersPrivilegedPortsIfItIsAllowedTo) {
    auto low = net::bind_datagram(net::Endpoint::loopback(net::Family::ipv4, 1022));
    if (!low)
        GTEST_SKIP() << low.error().message();
    EXPECT_EQ(answer_to(*low, UdpServer(), 10), -1);
    EXPECT_EQ(answer_to(*low, UdpServer({"--answer-privileged"}), 10), 10);
}

TEST(UdpechoListen, AnswersItsOwnPortElsewhereIfItIsAllowedTo) {
    const std::pair<Words, std::ptrdiff_t> cases[] = {
        {{}, -1},
        {{"--answer-own-port"}, 44},
        {{"--answer-privileged"}, -1},
        {{"--stamp"}, -1},
        {{"--stamp", "--answer-privileged"}, 44}};  // as senders on port 862 need
    for (const auto& [options, expected] : cases) {
        const UdpServer server(options);
        const auto port = *net::parse_port(server.port());
        auto other = net::bind_datagram(*net::Endpoint::parse("127.0.0.2", port));
        if (!other)
            GTEST_SKIP() << other.error().message();
        EXPECT_EQ(answer_to(*other, server, 44), expected) << testing::PrintToString(options);
    }
}

TEST(UdpechoListen, ReflectsShortPacketsUnlessToldNotTo) {
    auto asking = *net::bind_datagram(net::Endpoint::loopback(net::Family::ipv4));
    const UdpServer server({"--stamp"});
    EXPECT_EQ(answer_to(asking, server, 13), -1);
    for (const std::size_t size : {14U, 22U, 41U, 44U})
        EXPECT_EQ(answer_to(asking, server, size), 44);
    EXPECT_EQ(answer_to(asking, server, 100), 100);
    const UdpServer strict({"--stamp", "--no-twamp-light"});
    for (const std::size_t size : {14U, 22U, 41U, 43U})
        EXPECT_EQ(answer_to(asking, strict, size), -1);
    EXPECT_EQ(answer_to(asking, strict, 44), 44);
}

}  // namespace
}  // namespace sockbox::test
