// Tests of memory shared between a process and its children.
#include "system/memory.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

#include "net/signals.h"

namespace sockbox::net {
namespace {

// Runs `work` in a child process and returns its exit status.
template <class Work>
int in_child(const Work& work) {
    const pid_t child = ::fork();
    if (child == 0)
        ::_exit(work());
    int status = -1;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Shared, AChildsChangesAreSeen) {
    const auto number = Shared<std::atomic<int>>::create();
    ASSERT_TRUE(number);
    EXPECT_EQ(**number, 0);
    EXPECT_EQ(in_child([&] { return ++**number; }), 1);
    EXPECT_EQ(**number, 1);
}

TEST(StopSignal, RaisedInAProcessItIsRaisedInItsChildAndTheOtherWayRound) {
    auto first = StopSignal::create();
    auto second = StopSignal::create();
    ASSERT_TRUE(first && second);
    const int seen = in_child([&] {
        const bool before = first->raised();
        second->raise();
        return before ? 1 : 0;
    });
    EXPECT_EQ(seen, 0);
    EXPECT_TRUE(second->raised());
    EXPECT_FALSE(first->raised());
    first->raise();
    EXPECT_EQ(in_child([&] { return first->raised() ? 1 : 0; }), 1);
}

}  // namespace
}  // namespace sockbox::net
