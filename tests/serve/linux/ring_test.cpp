// Tests of lib/serve/engines/linux/io_uring/ring: the restrictions of a ring.
#include "serve/engines/linux/io_uring/ring.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace sockbox::serve {
namespace {

// The descriptor of this process's latest ring; -1 if there is none.
int ring_descriptor() {
    int found = -1;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;  // the descriptor of the directory itself
        if (std::filesystem::read_symlink(entry.path(), gone) == "anon_inode:[io_uring]")
            found = std::max(found, std::stoi(entry.path().filename()));
    }
    return found;
}

TEST(Ring, RegistersNothingMoreOnceItIsThere) {
    if (const auto available = Ring::probe(); !available)
        GTEST_SKIP() << available.error().message();
    const auto ring = Ring::create();
    if (!ring)
        GTEST_SKIP() << ring.error().message();
    const int descriptor = ring_descriptor();
    ASSERT_GE(descriptor, 0);
    int event = 0;
    EXPECT_EQ(::syscall(SYS_io_uring_register, descriptor, IORING_REGISTER_EVENTFD, &event, 1), -1);
    EXPECT_EQ(errno, EACCES);
}

TEST(Ring, AProbeLeavesNothingOpen) {
    const int before = ring_descriptor();
    static_cast<void>(Ring::probe());
    EXPECT_EQ(ring_descriptor(), before);
}

}  // namespace
}  // namespace sockbox::serve
