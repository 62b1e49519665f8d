// Tests of moving bytes through a pipe, and of doing without one.
#include "serve/engines/bulk_pipe.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>

#include "tests/serve/every_engine.h"

namespace sockbox::serve {
namespace {

// Two connected sockets that do not block.
std::pair<net::Socket, net::Socket> connected() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    return {net::Socket(ends[0]), net::Socket(ends[1])};
}

TEST(BulkPipe, CarriesBytesInOrder) {
    auto [near, far] = connected();
    const auto pipe = BulkPipe::create();
    ASSERT_NE(pipe, nullptr);
    EXPECT_TRUE(pipe->fill(far).would_block()) << "nothing has arrived";
    const Bytes bytes = random_bytes(50'000);
    ASSERT_TRUE(net::send_all(near, bytes, net::deadline_in(test::patience)));
    for (std::size_t left = bytes.size(); left > 0;) {
        const auto filled = pipe->fill(far);
        ASSERT_TRUE(filled.done());
        EXPECT_FALSE(pipe->empty());
        const auto drained = pipe->drain(far);
        EXPECT_EQ(drained.bytes, filled.bytes);
        EXPECT_TRUE(pipe->empty());
        left -= filled.bytes;
    }
    EXPECT_EQ(receive_exactly(near, bytes.size()), bytes);
}

TEST(BulkPipe, KeepsWhatThePeerDoesNotAccept) {
    auto [near, far] = connected();
    const auto pipe = BulkPipe::create();
    ASSERT_NE(pipe, nullptr);
    const Bytes filler(64 * 1024);
    std::size_t waiting = 0;
    for (auto put = far.send(filler); put.done(); put = far.send(filler))
        waiting += put.bytes;
    const Bytes bytes = random_bytes(10'000);
    ASSERT_TRUE(near.send(bytes).done());
    ASSERT_EQ(pipe->fill(far).bytes, bytes.size());
    EXPECT_TRUE(pipe->drain(far).would_block());
    EXPECT_FALSE(pipe->empty());
    receive_exactly(near, waiting);
    EXPECT_EQ(pipe->drain(far).bytes, bytes.size());
    EXPECT_EQ(receive_exactly(near, bytes.size()), bytes);
}

// The last quarter of the descriptors is for clients.
TEST(BulkPipe, IsNotMadeWhenDescriptorsAreScarce) {
    auto [near, far] = connected();
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const auto highest = static_cast<rlim_t>(std::max(near.native(), far.native()));
    const rlimit few{highest + 4, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
    const auto pipe = BulkPipe::create();
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_EQ(pipe, nullptr);
}

}  // namespace
}  // namespace sockbox::serve
