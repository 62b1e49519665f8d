// Descriptors of a process: which are sockets, and whether one is still the same.
#include "net/process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace sockbox::net {
namespace {

Socket tcp_socket() {
    return Socket::open(Family::ipv4, Transport::tcp).value();
}

TEST(HostProcess, HandsOverItsSocketsAndNothingElse) {
    const Socket first = tcp_socket();
    const Socket file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const Socket second = tcp_socket();
    const auto own = HostProcess::open(::getpid()).value();
    std::vector<int> found;
    ASSERT_TRUE(own.each_socket([&](const HeldSocket& held) {
        found.push_back(held.descriptor);
        return true;
    }));
    EXPECT_TRUE(std::is_sorted(found.begin(), found.end()));
    EXPECT_THAT(found, testing::IsSupersetOf({first.native(), second.native()}));
    EXPECT_THAT(found, testing::Not(testing::Contains(file.native())));
}

TEST(HostProcess, ADuplicateIsTheSameSocket) {
    Socket socket = tcp_socket();
    const auto own = HostProcess::open(::getpid()).value();
    const auto shared = own.duplicate(socket.native());
    if (!shared)
        GTEST_SKIP() << shared.error().message();
    EXPECT_EQ(shared->inode, inode_of(socket));
    ASSERT_TRUE(socket.set_option(SOL_SOCKET, SO_KEEPALIVE, 1));
    EXPECT_EQ(shared->socket.option(SOL_SOCKET, SO_KEEPALIVE).value(), 1);
}

// What came after it at the same number is not to be taken for it.
TEST(HostProcess, KnowsWhetherADescriptorIsStillTheSocket) {
    const Socket socket = tcp_socket();
    const auto own = HostProcess::open(::getpid()).value();
    const auto shared = own.duplicate(socket.native());
    if (!shared)
        GTEST_SKIP() << shared.error().message();
    EXPECT_TRUE(own.holds(socket.native(), shared->socket));
    const Socket other = tcp_socket();
    EXPECT_FALSE(own.holds(other.native(), shared->socket));
    ASSERT_EQ(::dup2(other.native(), socket.native()), socket.native());
    EXPECT_FALSE(own.holds(socket.native(), shared->socket));
    EXPECT_FALSE(own.holds(1'000'000'000, shared->socket));
}

}  // namespace
}  // namespace sockbox::net
