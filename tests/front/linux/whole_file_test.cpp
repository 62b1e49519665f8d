// Tests of tools/front/whole_file on files that are not regular.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support.h"
#include "tools/front/whole_file.h"

namespace sockbox::tools {
namespace {

namespace fs = std::filesystem;

TEST(WholeFile, DevicesAreWrittenAsTheyAre) {
    EXPECT_TRUE(write_whole("/dev/null", "text", "write"));
    const auto full = write_whole("/dev/full", "text", "write");
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code, std::errc::no_space_on_device);
    EXPECT_TRUE(fs::is_character_file("/dev/full"));
    EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST(WholeFile, LinksStayLinks) {
    const test::TemporaryFile file("before");
    const std::string link = file.path() + ".link";
    fs::create_symlink(file.path(), link);
    EXPECT_TRUE(write_whole(link, "after", "write"));
    EXPECT_TRUE(fs::is_symlink(link));
    EXPECT_EQ(file.content(), "after");
    fs::remove(link);
}

}  // namespace
}  // namespace sockbox::tools
