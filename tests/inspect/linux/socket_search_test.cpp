// Tests of the search: what is opened of a process, and what is not.
#include "inspect/socket_search.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <utility>

namespace sockbox::net {
namespace {

Socket tcp_socket() {
    return Socket::open(Family::ipv4, Transport::tcp).value();
}

// What a search of this process found under the number of the descriptor.
FoundSocket found_at(int descriptor, const SocketFilter& filter) {
    FoundSocket found;
    EXPECT_TRUE(search(filter, [&](FoundSocket&& one) {
        if (one.descriptor != descriptor)
            return true;
        found = std::move(one);
        return false;
    }));
    EXPECT_EQ(found.descriptor, descriptor);
    return found;
}

SocketFilter this_process() {
    SocketFilter filter;
    filter.pid = ::getpid();
    return filter;
}

// Whether a process other than this one finds the file locked.
bool is_locked(int file) {
    const pid_t child = ::fork();
    if (child == 0) {
        struct flock lock {};
        lock.l_type = F_WRLCK;
        lock.l_whence = SEEK_SET;
        ::_exit(::fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? 0 : 1);
    }
    int status = 1;
    ::waitpid(child, &status, 0);
    return status == 0;
}

TEST(SocketSearch, OpensASocketWithItsFacts) {
    const Socket socket = tcp_socket();
    FoundSocket found = found_at(socket.native(), this_process());
    const auto fits = open_if_matching(found, this_process());
    if (!fits)
        GTEST_SKIP() << fits.error().message();
    EXPECT_TRUE(*fits);
    EXPECT_EQ(found.inode, inode_of(socket));
    EXPECT_EQ(inode_of(found.socket), inode_of(socket));
    EXPECT_EQ(found.facts.kind.protocol, IPPROTO_TCP);
}

// To close the duplicate of a file can have effects; here it would release the lock.
TEST(SocketSearch, DuplicatesNothingButSockets) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), std::fclose);
    ASSERT_TRUE(file);
    const int descriptor = ::fileno(file.get());
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    ASSERT_EQ(::fcntl(descriptor, F_SETLK, &lock), 0);
    FoundSocket found = found_at(descriptor, this_process());
    EXPECT_FALSE(is_socket(found));
    EXPECT_FALSE(open_if_matching(found, this_process()).value());
    EXPECT_FALSE(found.socket.valid());
    EXPECT_TRUE(is_locked(descriptor));
}

// What is reported is what is there when it is opened, whatever was there before.
TEST(SocketSearch, ADescriptorMayChangeBeforeItIsOpened) {
    Socket socket = tcp_socket();
    const int descriptor = socket.native();
    const FoundSocket before = found_at(descriptor, this_process());
    const auto open = [&](bool looked_at, const std::function<void()>& change,
                          const SocketFilter& filter) {
        FoundSocket found;
        found.process = before.process;
        found.descriptor = descriptor;
        const bool was_socket = !looked_at || is_socket(found);
        EXPECT_TRUE(was_socket);
        change();
        const auto fits = open_if_matching(found, filter);
        EXPECT_EQ(fits && *fits, found.socket.valid());
        return std::move(found.socket);
    };
    const auto becomes = [&](const Socket& other) {
        return [&] { ASSERT_EQ(::dup2(other.native(), descriptor), descriptor); };
    };
    if (!open(
             true, [] {}, this_process())
             .valid())
        GTEST_SKIP() << "sockets cannot be duplicated here";
    const Socket datagrams = Socket::open(Family::ipv6, Transport::udp).value();
    EXPECT_EQ(inode_of(open(true, becomes(datagrams), this_process())), inode_of(datagrams));
    SocketFilter ipv6 = this_process();
    ipv6.family = Family::ipv6;
    const Socket stream = tcp_socket();
    EXPECT_FALSE(open(true, becomes(stream), ipv6).valid());
    const Socket file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    EXPECT_FALSE(open(true, becomes(file), this_process()).valid());
    EXPECT_FALSE(open(false, becomes(file), this_process()).valid());
    EXPECT_TRUE(open(false, becomes(stream), this_process()).valid());
    EXPECT_FALSE(open(
                     true, [&] { socket.close(); }, this_process())
                     .valid());
    EXPECT_FALSE(open(
                     false, [] {}, this_process())
                     .valid());
}

TEST(SocketSearch, APortNarrowsItDownBeforeAnythingIsOpened) {
    Socket socket = tcp_socket();
    ASSERT_TRUE(socket.bind(Endpoint::loopback(Family::ipv4)));
    ASSERT_TRUE(socket.listen(1));
    SocketFilter filter;
    filter.port = socket.local().value().port();
    const FoundSocket found = found_at(socket.native(), filter);
    EXPECT_EQ(found.inode, inode_of(socket));
    EXPECT_FALSE(found.socket.valid());
}

}  // namespace
}  // namespace sockbox::net
