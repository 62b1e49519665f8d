// Tests of tools/front/whole_file on the devices of Windows.
#include "tools/front/whole_file.h"

#include <gtest/gtest.h>

namespace sockbox::tools {
namespace {

TEST(WholeFile, DevicesAreWrittenAsTheyAre) {
    Output standard;
    EXPECT_TRUE(can_write_whole("NUL", "write"));
    EXPECT_TRUE(write_whole("NUL", "text", "write", standard));
    EXPECT_FALSE(is_same_file("NUL", "NUL"));
}

}  // namespace
}  // namespace sockbox::tools
