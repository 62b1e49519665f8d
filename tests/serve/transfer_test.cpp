// Tests that everything sent to an engine comes back, whatever its size and pace.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/serve/every_engine.h"

namespace sockbox::serve {
namespace {

TEST_P(EveryEngine, MegabytesComeBackWhileTheyAreSent) {
    TestServer server(engine());
    auto client = server.connect();
    const Bytes sent = random_bytes(8 << 20);
    expect_stream_echo(client, sent);
    const auto report = server.witness().reports(1).front();
    EXPECT_EQ(report.received_bytes, sent.size());
    EXPECT_EQ(report.sent_bytes, sent.size());
    EXPECT_EQ(report.reason, EndReason::finished);
}

// Far more than fits into any buffer, read while it is being sent.
TEST_P(EveryEngine, AHundredMebibytesComeBack) {
#ifdef SOCKBOX_SANITIZED
    constexpr bool slow = true;
#else
    const bool slow = test::on_wine();
#endif
    const std::size_t total = slow ? 16 << 20 : 100 << 20;
    TestServer server(engine());
    auto client = server.connect();
    const Bytes pattern = random_bytes((1 << 20) - 3);  // not a multiple of the buffer size
    std::thread sender([&] {
        for (std::size_t sent = 0; sent < total; sent += pattern.size())
            send(client, pattern);
        EXPECT_TRUE(client.shutdown(net::ShutdownHow::send));
    });
    for (std::size_t got = 0; got < total && !HasFailure(); got += pattern.size())
        EXPECT_TRUE(receive_exactly(client, pattern.size()) == pattern) << "after " << got;
    if (!HasFailure())
        expect_end(client);
    // Makes the sender fail as well.
    static_cast<void>(client.shutdown(net::ShutdownHow::both));
    sender.join();
}

TEST_P(EveryEngine, EveryByteIsOnlyAByte) {
    Bytes bytes;
    for (int byte = 0; byte < 256; ++byte)
        bytes.push_back(static_cast<std::byte>(byte));
    bytes.insert(bytes.end(), 5000, std::byte{0});
    for (const int byte : {13, 10, 0xff, 0xf4, 0xff, 0xfd, 0x06, 0x04, 0x1a, 10, 13})
        bytes.push_back(static_cast<std::byte>(byte));
    TestServer server(engine());
    auto client = server.connect();
    expect_stream_echo(client, bytes);
}

// Nagle's algorithm would hold a small reply until the previous one is acknowledged, and a peer
// with nothing to send delays its acknowledgments by 40 ms.
TEST_P(EveryEngine, SmallRepliesDoNotWaitForAcknowledgements) {
    std::atomic<int> no_delay{-1};
    ServeOptions options;
    options.prepare_accepted = [&no_delay](net::Socket& socket) -> net::Status {
        no_delay = socket.option(IPPROTO_TCP, TCP_NODELAY).value_or(-1);
        return {};
    };
    TestServer server(engine(), options);
    auto client = server.connect();
    expect_echo(client, random_bytes(1));
    EXPECT_NE(no_delay, 0);
    EXPECT_NE(no_delay, -1);
}

TEST_P(EveryEngine, AResetInTheMiddleOfAStreamLeavesTheOthersIntact) {
    if (one_at_a_time())
        GTEST_SKIP() << "serves one at a time by design";
    TestServer server(engine());
    std::vector<std::thread> others;
    for (unsigned i = 0; i < 10; ++i)
        others.emplace_back([&server, i] {
            auto client = server.connect();
            expect_stream_echo(client, random_bytes(1 << 20, i));
        });
    for (int i = 0; i < 10; ++i) {
        auto rude = server.connect(16 * 1024);
        send(rude, random_bytes(512 * 1024));  // its unread part is on the way back
        Bytes some(1000);
        static_cast<void>(receive_some(rude, some));
        rude.abort();
    }
    for (std::thread& other : others)
        other.join();
}

// More bytes than fit into the client's receive buffer are in flight when it half-closes; it
// receives the remaining data, then EOF.
TEST_P(EveryEngine, AfterAHalfCloseTheRestArrivesThenEof) {
    TestServer server(engine());
    auto client = server.connect(16 * 1024);
    const Bytes sent = random_bytes(1 << 20);
    send(client, sent);  // fits into the buffers on the way even if nobody reads
    ASSERT_TRUE(client.shutdown(net::ShutdownHow::send));
    EXPECT_EQ(receive_exactly(client, sent.size()), sent);
    expect_end(client);
}

// Sizes around those of the engines' buffers, first one at a time and then all at once.
TEST_P(EveryEngine, MessagesOfChangingSizesComeBack) {
    TestServer server(engine());
    auto client = server.connect();
    const std::size_t sizes[] = {1, 2047, 2048, 2049, 64, 65'535, 65'536, 65'537, 3, 200'000};
    unsigned seed = 0;
    for (int round = 0; round < 3; ++round)
        for (const std::size_t size : sizes)
            for (int i = 0; i < (size < 100 ? 20 : 1); ++i)
                expect_echo(client, random_bytes(size, ++seed));

    Bytes all;
    for (const std::size_t size : sizes) {
        const Bytes message = random_bytes(size, ++seed);
        send(client, message);
        all.insert(all.end(), message.begin(), message.end());
    }
    EXPECT_EQ(receive_exactly(client, all.size()), all);
}

// A client that starts to read only when all buffers on the way are full receives every byte.
TEST_P(EveryEngine, ALateReaderReceivesEverything) {
    TestServer server(engine());
    auto client = server.connect(4096);
    ASSERT_TRUE(client.set_blocking(false));
    const Bytes pattern = random_bytes((1 << 20) - 3);
    const auto at = [&](std::size_t offset) {
        return std::span(pattern).subspan(offset % pattern.size());
    };
    std::size_t sent = 0;
    while (net::wait_for(client, net::Direction::send, net::deadline_in(300ms)) ==
           net::Readiness::ready) {
        const auto put = client.send(at(sent));
        ASSERT_FALSE(put.failed()) << put.error.message();
        sent += put.bytes;
        ASSERT_LT(sent, 1U << 30) << "the server reads without end";
    }
    ASSERT_TRUE(client.shutdown(net::ShutdownHow::send));
    for (std::size_t got = 0; got < sent;) {
        const Bytes part = receive_exactly(client, std::min(at(got).size(), sent - got));
        ASSERT_TRUE(std::equal(part.begin(), part.end(), at(got).begin())) << "after " << got;
        got += part.size();
    }
    expect_end(client);
}

// More clients that send large messages and read late than an engine has pipes for.
TEST_P(EveryEngine, ManyLateReadersOfLargeMessagesReceiveEverything) {
    if (one_at_a_time())
        GTEST_SKIP() << "the iterative engine serves one client at a time";
    TestServer server(engine());
    const Bytes large = random_bytes(100'000);
    std::vector<net::Socket> clients;
    for (int i = 0; i < 80; ++i) {
        clients.push_back(server.connect(4096));
        for (int round = 0; round < 3; ++round)
            expect_stream_part(clients.back(), large);
    }
    std::vector<std::size_t> sent(clients.size());
    for (std::size_t i = 0; i < clients.size(); ++i) {
        ASSERT_TRUE(clients[i].set_blocking(false));
        const auto put = clients[i].send(large);  // what does not fit stays unsent
        ASSERT_TRUE(put.done()) << put.error.message();
        sent[i] = put.bytes;
        ASSERT_TRUE(clients[i].shutdown(net::ShutdownHow::send));
    }
    for (std::size_t i = 0; i < clients.size(); ++i) {
        const Bytes got = receive_exactly(clients[i], sent[i]);
        EXPECT_TRUE(std::equal(got.begin(), got.end(), large.begin())) << "client " << i;
        expect_end(clients[i]);
    }
}

// With several loops or threads, each client stays with one of them.
TEST_P(EveryEngine, SeveralWorkersShareTheClients) {
    ServeOptions options;
    options.workers = 3;
    TestServer server(engine(), options);
    std::vector<net::Socket> clients;
    for (int i = 0; i < (one_at_a_time() ? 1 : 8); ++i)
        clients.push_back(server.connect());
    for (unsigned round = 0; round < 3; ++round)
        for (net::Socket& client : clients)
            expect_echo(client, random_bytes(3000, round));
    for (net::Socket& client : clients)
        ASSERT_TRUE(client.shutdown(net::ShutdownHow::send));
    for (net::Socket& client : clients)
        expect_end(client);
    for (const ConnectionReport& report : server.witness().reports(clients.size()))
        EXPECT_EQ(report.sent_bytes, 9000U);
    server.drain();
    server.join();
}

}  // namespace
}  // namespace sockbox::serve
