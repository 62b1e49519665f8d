// Tests of tools/front/whole_file.
#include "tools/front/whole_file.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support.h"

namespace sockbox::tools {
namespace {

TEST(WholeFile, ReplacesWhatWasThereAndLeavesNothingBeside) {
    const test::TemporaryFile file("a longer text that was there before");
    ASSERT_TRUE(write_whole(file.path(), "new", "write"));
    EXPECT_EQ(file.content(), "new");
    EXPECT_FALSE(std::filesystem::exists(file.path() + ".new"));
}

TEST(WholeFile, FailureNamesTheFile) {
    const auto written = write_whole("/no/such/folder/report", "text", "write report");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().action, "write report");
    EXPECT_EQ(written.error().subject, "/no/such/folder/report");
    EXPECT_EQ(written.error().code, std::errc::no_such_file_or_directory);
}

TEST(WholeFile, ReportsBeforehandWhetherItCanBeWritten) {
    const test::TemporaryFile file("what is there");
    EXPECT_TRUE(can_write_whole(file.path(), "write"));
    EXPECT_EQ(file.content(), "what is there");
    EXPECT_FALSE(std::filesystem::exists(file.path() + ".new"));
    EXPECT_TRUE(can_write_whole(file.path() + ".none", "write"));
    EXPECT_FALSE(std::filesystem::exists(file.path() + ".none"));
    EXPECT_EQ(can_write_whole("/no/such/folder/report", "write").error().code,
              std::errc::no_such_file_or_directory);
    const auto folder = std::filesystem::path(file.path()).parent_path().string();
    EXPECT_EQ(can_write_whole(folder, "write").error().code, std::errc::is_a_directory);
}

}  // namespace
}  // namespace sockbox::tools
