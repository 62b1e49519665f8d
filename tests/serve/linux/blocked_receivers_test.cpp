// Tests of lib/serve/engines/blocked_receivers.
#include "serve/engines/blocked_receivers.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <future>
#include <thread>

#include "serve/engines/readiness/relay.h"
#include "tests/support.h"

namespace sockbox::serve {
namespace {

struct Pair {
    net::Socket one;
    net::Socket other;
};

Pair connected() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    return {net::Socket(ends[0]), net::Socket(ends[1])};
}

bool is_blocking(const net::Socket& socket) {
    return (::fcntl(socket.native(), F_GETFL) & O_NONBLOCK) == 0;
}

// Whichever of the two threads is first.
TEST(BlockedReceivers, AReceiveEndsWhenItIsWoken) {
    for (int i = 0; i < 1000; ++i) {
        Pair pair = connected();
        BlockedReceivers receivers;
        auto received = std::async(std::launch::async, [&] {
            const BlockedReceivers::Stay stay(receivers, pair.one);
            std::array<std::byte, 1> byte{};
            return pair.one.receive(byte);
        });
        receivers.wake();
        ASSERT_EQ(received.wait_for(test::patience), std::future_status::ready);
        EXPECT_TRUE(received.get().would_block());
        EXPECT_FALSE(is_blocking(pair.one));
    }
}

TEST(BlockedReceivers, ReceivesBlockUntilTheyAreWoken) {
    Pair pair = connected();
    BlockedReceivers receivers;
    {
        const BlockedReceivers::Stay stay(receivers, pair.one);
        EXPECT_TRUE(stay.allowed());
        EXPECT_TRUE(is_blocking(pair.one));
    }
    EXPECT_FALSE(is_blocking(pair.one));
    receivers.wake();
    const BlockedReceivers::Stay stay(receivers, pair.one);
    EXPECT_FALSE(stay.allowed());
    EXPECT_FALSE(is_blocking(pair.one));
}

TEST(BlockedReceivers, ASendDoesNotBlock) {
    Pair pair = connected();
    BlockedReceivers receivers;
    const BlockedReceivers::Stay stay(receivers, pair.one);
    const std::vector<std::byte> chunk(64 * 1024);
    net::Transfer sent;
    while (sent.done())
        sent = Relay::send_at_once(pair.one, chunk);
    EXPECT_TRUE(sent.would_block()) << sent.error.message();
    pair.other.close();
    EXPECT_EQ(Relay::send_at_once(pair.one, chunk).error, std::errc::broken_pipe);
}

}  // namespace
}  // namespace sockbox::serve
