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

TEST(HostProcess, KnowsWhichDescriptorsAreSockets) {
    const Socket first = tcp_socket();
    const Socket file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const Socket second = tcp_socket();
    const auto own = HostProcess::open(::getpid()).value();
    std::vector<int> found;
    ASSERT_TRUE(own.each_descriptor([&](int descriptor) {
        found.push_back(descriptor);
        return true;
    }));
    EXPECT_TRUE(std::is_sorted(found.begin(), found.end()));
    EXPECT_THAT(found, testing::IsSupersetOf({first.native(), file.native(), second.native()}));
    EXPECT_EQ(own.socket_inode(first.native()), inode_of(first));
    EXPECT_EQ(own.socket_inode(second.native()), inode_of(second));
    EXPECT_EQ(own.socket_inode(file.native()), 0U);
    EXPECT_EQ(own.socket_inode(1'000'000'000), std::nullopt);
}

TEST(HostProcess, HandsOverHundredsOfDescriptorsInOrder) {
    std::vector<Socket> held;
    std::vector<std::pair<int, std::uint64_t>> expected;
    while (expected.size() < 700) {
        held.push_back(expected.size() % 3 == 0
                           ? Socket::open(AF_UNIX, SOCK_STREAM, 0).value()
                           : Socket::open(Family::ipv6, Transport::udp).value());
        expected.emplace_back(held.back().native(), inode_of(held.back()));
        held.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        expected.emplace_back(held.back().native(), 0);
    }
    std::vector<int> numbers;  // some others may be open between them
    for (const auto& [descriptor, inode] : expected)
        numbers.push_back(descriptor);
    ASSERT_TRUE(std::ranges::is_sorted(numbers));
    const auto own = HostProcess::open(::getpid()).value();
    for (const std::size_t wanted : {expected.size(), std::size_t{600}}) {
        std::vector<std::pair<int, std::uint64_t>> found;
        ASSERT_TRUE(own.each_descriptor([&](int descriptor) {
            if (std::ranges::binary_search(numbers, descriptor))
                found.emplace_back(descriptor, own.socket_inode(descriptor).value_or(1));
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
