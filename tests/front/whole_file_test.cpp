// Tests of tools/front/whole_file.
#include "tools/front/whole_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "system/clock.h"
#include "tests/support.h"

namespace sockbox::tools {
namespace {

namespace fs = std::filesystem;

// Files in a directory of their own.
class WholeFiles : public testing::Test {
  protected:
    WholeFiles() { fs::create_directory(folder_); }
    // Wine may still hold a file that was closed.
    ~WholeFiles() override {
        std::error_code error;
        const auto until = net::deadline_in(test::patience);
        while (fs::remove_all(folder_, error), error && net::Clock::now() < until)
            std::this_thread::yield();
    }

    std::string path(const std::string& name = "report") const { return folder_ + "/" + name; }
    void put(const std::string& name, std::string_view content) const {
        std::ofstream(path(name), std::ios::binary) << content;
    }
    std::string content(const std::string& name = "report") const {
        std::ifstream file(path(name), std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::size_t count() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), {}));
    }

    Output standard_;  // keeps its text

  private:
    const test::TemporaryFile unique_;
    const std::string folder_ = unique_.path() + " folder";
};

TEST_F(WholeFiles, ReplacesWhatWasThereAndLeavesNothingBeside) {
    put("report", "a longer text that was there before");
    ASSERT_TRUE(write_whole(path(), "new", "write", standard_));
    EXPECT_EQ(content(), "new");
    EXPECT_EQ(count(), 1U);
}

// The names of other files do not matter, not even one that seems to be an unfinished file.
TEST_F(WholeFiles, LeavesOtherFilesAlone) {
    put("report.new", "of someone else");
    ASSERT_TRUE(can_write_whole(path(), "write"));
    ASSERT_TRUE(write_whole(path(), "new", "write", standard_));
    EXPECT_EQ(content("report.new"), "of someone else");
    EXPECT_EQ(count(), 2U);
}

TEST_F(WholeFiles, WhatIsNotPublishedIsNotThere) {
    put("report", "before");
    {
        const auto file = WholeFile::prepare(path(), "after", "write");
        ASSERT_TRUE(file);
        EXPECT_EQ(content(), "before");
    }
    EXPECT_EQ(content(), "before");
    EXPECT_EQ(count(), 1U);
}

TEST_F(WholeFiles, FailureNamesTheFile) {
    const auto written = write_whole(path("none/report"), "text", "write report", standard_);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().action, "write report");
    EXPECT_EQ(written.error().code, std::errc::no_such_file_or_directory);
    EXPECT_NE(written.error().subject.find("none"), std::string::npos);
}

TEST_F(WholeFiles, ReportsBeforehandWhetherItCanBeWritten) {
    put("report", "what is there");
    EXPECT_TRUE(can_write_whole(path(), "write"));
    EXPECT_EQ(content(), "what is there");
    EXPECT_TRUE(can_write_whole(path("other"), "write"));
    EXPECT_FALSE(fs::exists(path("other")));
    EXPECT_EQ(count(), 1U);
    EXPECT_EQ(can_write_whole(path("none/report"), "write").error().code,
              std::errc::no_such_file_or_directory);
    const auto folder = fs::path(path()).parent_path().string();
    EXPECT_EQ(can_write_whole(folder, "write").error().code, std::errc::is_a_directory);
}

TEST_F(WholeFiles, DashIsStandardOutput) {
    standard_.write("before ");
    EXPECT_TRUE(can_write_whole("-", "write"));
    ASSERT_TRUE(write_whole("-", "after", "write", standard_));
    EXPECT_EQ(standard_.take(), "before after");
    EXPECT_FALSE(fs::exists("-"));
}

TEST_F(WholeFiles, KnowsTwoNamesOfOneFile) {
    put("report", "");
    EXPECT_TRUE(is_same_file(path(), path()));
    EXPECT_TRUE(is_same_file(
        path(), path("../" + fs::path(path()).parent_path().filename().string() + "/report")));
    EXPECT_TRUE(is_same_file(path("new"), path("new")));
    EXPECT_TRUE(is_same_file("-", "-"));
    EXPECT_FALSE(is_same_file(path(), path("new")));
    EXPECT_FALSE(is_same_file(path(), "-"));
}

TEST_F(WholeFiles, APortFileIsRemovedByItsServerOnly) {
    PortFile first;
    PortFile second;
    ASSERT_TRUE(first.prepare(path(), 1) && first.publish(standard_));
    EXPECT_EQ(content(), "1\n");
    EXPECT_EQ(first.removable(), path());
    ASSERT_TRUE(second.prepare(path(), 2) && second.publish(standard_));
    EXPECT_TRUE(first.remove());
    EXPECT_EQ(content(), "2\n");
    EXPECT_TRUE(second.remove());
    EXPECT_EQ(count(), 0U);
    EXPECT_TRUE(second.remove()) << "there is nothing left to do";
}

TEST_F(WholeFiles, APortFileStaysIfSomebodyHasWrittenIntoIt) {
    for (const std::string_view words : {"", "1", "1\n2\n", "port"}) {
        PortFile file;
        ASSERT_TRUE(file.prepare(path(), 1) && file.publish(standard_));
        std::ofstream(path(), std::ios::binary | std::ios::trunc) << words;
        EXPECT_TRUE(file.remove());
        EXPECT_EQ(content(), words);
    }
}

}  // namespace
}  // namespace sockbox::tools
