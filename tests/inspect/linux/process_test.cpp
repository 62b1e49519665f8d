// Tests of process descriptors: which are sockets, and whether one still refers to the same socket.
#include "inspect/process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

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

TEST(HostProcess, HandsOverHundredsOfSocketsInOrder) {
    std::vector<Socket> held;
    std::vector<std::pair<int, std::uint64_t>> expected;
    while (expected.size() < 700) {
        held.push_back(expected.size() % 3 == 0
                           ? Socket::open(AF_UNIX, SOCK_STREAM, 0).value()
                           : Socket::open(Family::ipv6, Transport::udp).value());
        expected.emplace_back(held.back().native(), inode_of(held.back()));
        held.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    }
    const auto own = HostProcess::open(::getpid()).value();
    for (const std::size_t wanted : {expected.size(), std::size_t{600}}) {
        std::vector<std::pair<int, std::uint64_t>> found;
        ASSERT_TRUE(own.each_socket([&](const HeldSocket& socket) {
            if (socket.descriptor >= held.front().native())
                found.emplace_back(socket.descriptor, socket.inode);
            return found.size() < wanted;
        }));
        EXPECT_TRUE(std::equal(found.begin(), found.end(), expected.begin(),
                               expected.begin() + static_cast<std::ptrdiff_t>(wanted)));
    }
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

// Another file that has taken the same number must not be mistaken for the socket.
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
