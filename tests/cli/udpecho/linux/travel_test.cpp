// Tests of how udpecho's datagrams travel, and of what Linux reports about them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <future>
#include <thread>

#include "net/datagram_batch.h"
#include "net/streams.h"
#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using tools::udpecho;

void reply(net::Socket& socket, std::string_view text, const net::Endpoint& to) {
    (void)socket.send_to(std::as_bytes(std::span(text)), to);
}

// The header fields of udpecho's first datagram on arrival.
net::BatchedDatagram arriving(const net::Endpoint& at, const Words& options,
                              const std::string& host = {}) {
    auto socket = net::bind_datagram(at);
    EXPECT_TRUE(socket);
    EXPECT_TRUE(net::DatagramBatch::enable_header_fields(*socket));
    Words words{host.empty() ? at.address() : host,
                std::to_string(socket->local()->port()),
                "-c",
                "1",
                "-W",
                "10ms"};
    words.insert(words.end(), options.begin(), options.end());
    EXPECT_EQ(run(udpecho, words).status, tools::exit_mismatch) << "nobody answers";
    auto batch = net::DatagramBatch::create(1, 100);
    std::error_code error;
    const auto got = batch->receive(*socket, error);
    EXPECT_EQ(got.size(), 1U);
    return got.empty() ? net::BatchedDatagram() : got[0];
}

TEST(UdpEchoTravel, HopLimitAndServiceClassAreAsAsked) {
    const auto v4 =
        arriving(net::Endpoint::loopback(net::Family::ipv4), {"--ttl", "7", "--dscp", "46"});
    EXPECT_EQ(v4.hop_limit, 7);
    EXPECT_EQ(v4.traffic_class, 46 << 2);
    const auto mapped = arriving(net::Endpoint::loopback(net::Family::ipv4),
                                 {"--ttl", "9", "--dscp", "46"}, "::ffff:127.0.0.1");
    EXPECT_EQ(mapped.hop_limit, 9) << "what travels is IPv4";
    EXPECT_EQ(mapped.traffic_class, 46 << 2);
    const auto at = net::Endpoint::loopback(net::Family::ipv6);
    if (!net::bind_datagram(at))
        GTEST_SKIP() << "no IPv6 here";
    const auto v6 = arriving(at, {"--ttl", "9", "--dscp", "10"});
    EXPECT_EQ(v6.hop_limit, 9);
    EXPECT_EQ(v6.traffic_class, 10 << 2);
    for (const Words& wrong :
         {Words{"--ttl", "0"}, {"--ttl", "256"}, {"--dscp", "64"}, {"--dscp", "-1"}}) {
        const Ran ran = run(udpecho, {wrong[0], wrong[1], "-c", "1", "127.0.0.1", "9"});
        EXPECT_EQ(ran.status, tools::exit_usage);
        EXPECT_THAT(ran.err, HasSubstr(wrong[0]));
    }
}

TEST(UdpEchoTravel, BroadcastNeedsToBeAskedFor) {
    const Ran ran = run(udpecho, {"-c", "1", "127.255.255.255", "9"});
    EXPECT_THAT(ran.err, AllOf(HasSubstr("(EACCES)"), HasSubstr("--broadcast")));
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_EQ(run(udpecho, {"--broadcast", "127.255.255.255", "9", "hello"}).status,
              tools::exit_usage);
}

TEST(UdpEchoTravel, EveryResponderToABroadcastIsListed) {
    auto listener = net::bind_datagram(net::Endpoint::any(net::Family::ipv4));
    auto second = net::bind_datagram(*net::Endpoint::parse("127.0.0.2"));
    auto third = net::bind_datagram(*net::Endpoint::parse("127.0.0.3"));
    ASSERT_TRUE(listener && second && third);
    const std::string port = std::to_string(listener->local()->port());
    std::thread peer([&, number = 0]() mutable {
        std::string buffer(100, '\0');
        for (; number < 3; ++number) {
            const auto got = listener->receive_from(std::as_writable_bytes(std::span(buffer)));
            const auto text = std::string_view(buffer).substr(0, got.transfer.bytes);
            reply(*second, text, got.source);
            reply(*third, text, got.source);
            if (number == 1)
                reply(*third, text, got.source);
        }
    });
    const Ran ran = run(udpecho, {"--json", "-q", "--broadcast", "-c", "3", "-i", "20ms", "-W",
                                  "500ms", "127.255.255.255", port});
    peer.join();
    EXPECT_THAT(ran.out, HasSubstr(R"("sent":3,"received":3,"lost":0)")) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr(R"("duplicated":1,"reordered":0)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("responders":[{"address":")" + second->local()->to_string() +
                                   R"(","replies":3},{"address":")" + third->local()->to_string() +
                                   R"(","replies":4}])"));
}

bool is_stopped(int pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return text.empty() || text.find(") T") != std::string::npos;
}

// The client is stopped while more arrives than its buffer holds, with the reply at the end.
TEST(UdpEchoTravel, WhatOurOwnBufferDroppedIsNotThePathsFault) {
    std::promise<int> pid;
    auto peer = Peer::datagram([&](auto& socket, const auto& text, const auto& from) {
        const int client = pid.get_future().get();
        ::kill(client, SIGSTOP);
        const auto deadline = net::deadline_in(patience);
        while (!is_stopped(client) && net::Clock::now() < deadline)
            std::this_thread::yield();
        for (int i = 0; i < 100; ++i)
            reply(socket, std::string(text.size(), 'x'), from);
        reply(socket, text, from);
        ::kill(client, SIGCONT);
    });
    Process process({"udpecho", "--json", "-q", "-c", "1", "-W", "300ms", "--set", "SO_RCVBUF=2304",
                     "127.0.0.1", peer.port()});
    pid.set_value(process.pid());
    const Ran ran = process.wait();
    EXPECT_THAT(ran.out, HasSubstr(R"("sent":1,"received":0,"lost":1)")) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr(R"("lost_on_path":0,"lost_in_own_buffer":1,)"));
}

TEST(UdpEchoTravel, KernelTimesLeaveOutTheTimeInTheProgram) {
    auto peer = Peer::datagram(reply);
    const Words words{"--json", "-q", "-c", "20", "-i", "1ms", "127.0.0.1", peer.port()};
    Words user = words;
    user.insert(user.end(), {"--timestamps", "user"});
    EXPECT_THAT(run(udpecho, user).out, HasSubstr(R"("own_stack_share":null)"));
    Words kernel = words;
    kernel.insert(kernel.end(), {"--timestamps", "kernel"});
    const Ran ran = run(udpecho, kernel);
    EXPECT_THAT(ran.out, HasSubstr(R"("sent":20,"received":20)"));
    EXPECT_THAT(ran.out, testing::ContainsRegex(R"("own_stack_share":0\.[0-9]*[1-9])"));
    EXPECT_EQ(run(udpecho, {"--timestamps", "hardware", "127.0.0.1", "9"}).status,
              tools::exit_usage);
}

}  // namespace
}  // namespace sockbox::test
