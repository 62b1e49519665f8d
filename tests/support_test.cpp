// Tests of what tests share.
#include "tests/support.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace sockbox::test {
namespace {

// A test that reads until some line comes ends where no line comes any more.
TEST(ProcessUnderTest, ReadingALineAfterTheEndOfTheOutputThrows) {
    Process process({"showip", "--short", "127.0.0.1"});
    EXPECT_EQ(process.read_line().substr(0, 9), "127.0.0.1");
    EXPECT_THROW(process.read_line(), std::runtime_error);
    EXPECT_EQ(process.wait().status, 0);
}

}  // namespace
}  // namespace sockbox::test
