// Tests of what the Linux part of the test support promises.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

// Tests that count descriptors must not depend on what started the test program.
TEST(ProcessUnderTest, InheritsNoDescriptor) {
    const int inherited = ::open("/dev/null", O_RDONLY);
    ASSERT_GE(inherited, 3);
    const Ran ran =
        Process({"/bin/sh", "-c", "[ ! -e /proc/$$/fd/" + std::to_string(inherited) + " ]"}).wait();
    ::close(inherited);
    EXPECT_EQ(ran.status, 0) << ran.err;
}

TEST(ProcessUnderTest, AVariableHasTheValueOfTheTest) {
    ASSERT_TRUE(::getenv("PATH"));
    EXPECT_EQ(Process({"/bin/sh", "-c", "env | grep ^PATH="}, {"PATH=/bin"}).wait().out,
              "PATH=/bin\n");
}

}  // namespace
}  // namespace sockbox::test
