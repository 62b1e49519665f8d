// Tests of lib/net/input: splitting a file into lines.
#include "net/input.h"

#include <gmock/gmock.h>

#include "system/platform.h"
#include "tests/support.h"

namespace sockbox::net {
namespace {

using testing::ElementsAre;

constexpr std::size_t longest = 65536;

test::Words lines_of(std::string_view content) {
    const test::TemporaryFile file(content);
    const int descriptor = platform::open_file(file.path());
    LineReader lines(descriptor, longest);
    test::Words found;
    for (;;) {
        const auto line = lines.next();
        EXPECT_TRUE(line);
        if (!line || !*line)
            break;
        found.push_back(**line);
    }
    EXPECT_EQ(lines.number(), found.size());
    platform::close_file(descriptor);
    return found;
}

TEST(LineReader, LinesKeepTheirEnds) {
    EXPECT_THAT(lines_of("one\ntwo\r\n\nthree"), ElementsAre("one\n", "two\r\n", "\n", "three"));
    EXPECT_THAT(lines_of(""), ElementsAre());
    EXPECT_THAT(lines_of("\n"), ElementsAre("\n"));
    EXPECT_THAT(lines_of("a\rb\n"), ElementsAre("a\rb\n"));
}

TEST(LineReader, AByteOrderMarkBelongsToTheFirstLine) {
    EXPECT_THAT(lines_of("\xef\xbb\xbfone\ntwo"), ElementsAre("\xef\xbb\xbfone\n", "two"));
}

TEST(LineReader, LinesCrossTheBlocksTheyAreReadIn) {
    const std::string line(10000, 'x');
    EXPECT_THAT(lines_of(line + "\n" + line + "\n" + line),
                ElementsAre(line + "\n", line + "\n", line));
    const std::string block(16384, 'y');
    EXPECT_THAT(lines_of(block + "\nz"), ElementsAre(block + "\n", "z"));
}

TEST(LineReader, OfALongLineTheBeginningIsKept) {
    EXPECT_THAT(lines_of(std::string(1 << 20, 'x') + "\nnext\n"),
                ElementsAre(std::string(longest, 'x'), "next\n"));
}

TEST(LineReader, AFailingReadIsReported) {
    const int directory = platform::open_file(".");
    if (directory < 0)
        GTEST_SKIP() << "this system does not open a directory";
    LineReader lines(directory, longest);
    const auto line = lines.next();
    ASSERT_FALSE(line);
    EXPECT_EQ(line.error().code, std::errc::is_a_directory);
    platform::close_file(directory);
}

TEST(LineReader, AClosedFileIsEmpty) {
    LineReader lines(-1, longest);
    const auto line = lines.next();
    ASSERT_TRUE(line);
    EXPECT_FALSE(*line);
}

}  // namespace
}  // namespace sockbox::net
