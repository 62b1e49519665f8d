// Tests of the search: what is opened of a process, and what is not.
#include "inspect/socket_search.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

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

TEST(SocketSearch, ADescriptorMayChangeBeforeItIsOpened) {
    Socket socket = tcp_socket();
    const int descriptor = socket.native();
    const FoundSocket before = found_at(descriptor, this_process());
    const auto copy = [&] {
        FoundSocket found;
        found.process = before.process;
        found.descriptor = descriptor;
        return found;
    };
    FoundSocket seen = copy();
    ASSERT_TRUE(is_socket(seen));

    const Socket other = tcp_socket();
    ASSERT_EQ(::dup2(other.native(), descriptor), descriptor);
    if (const auto fits = open_if_matching(seen, this_process()); !fits)
        GTEST_SKIP() << fits.error().message();
    else
        EXPECT_FALSE(*fits) << "it is another socket than the one that was looked at";
    FoundSocket unseen = copy();
    EXPECT_TRUE(open_if_matching(unseen, this_process()).value());
    EXPECT_EQ(unseen.inode, inode_of(other));

    const Socket file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    ASSERT_EQ(::dup2(file.native(), descriptor), descriptor);
    FoundSocket replaced = copy();
    EXPECT_FALSE(open_if_matching(replaced, this_process()).value());
    socket.close();
    FoundSocket closed = copy();
    EXPECT_FALSE(open_if_matching(closed, this_process()).value());
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
