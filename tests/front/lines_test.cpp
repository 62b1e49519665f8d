// Tests of tools/front/lines.
#include "tools/front/lines.h"

#include <gmock/gmock.h>

#include "system/platform.h"
#include "tests/support.h"

namespace sockbox::tools {
namespace {

using testing::ElementsAre;

test::Words lines_of(std::string_view content) {
    const test::TemporaryFile file(content);
    const int descriptor = net::platform::open_file(file.path());
    Lines lines(descriptor);
    test::Words found;
    while (auto line = lines.next())
        found.push_back(std::move(*line));
    EXPECT_FALSE(lines.error());
    EXPECT_EQ(lines.number(), found.size());
    net::platform::close_file(descriptor);
    return found;
}

TEST(Lines, EndsAreTakenOff) {
    EXPECT_THAT(lines_of("one\ntwo\r\n\nthree"), ElementsAre("one", "two", "", "three"));
    EXPECT_THAT(lines_of(""), ElementsAre());
    EXPECT_THAT(lines_of("\n"), ElementsAre(""));
    EXPECT_THAT(lines_of("a\rb\n"), ElementsAre("a\rb"));
}

TEST(Lines, AByteOrderMarkIsNoPartOfTheFirst) {
    EXPECT_THAT(lines_of("\xef\xbb\xbfone\n\xef\xbb\xbftwo"),
                ElementsAre("one", "\xef\xbb\xbftwo"));
    EXPECT_THAT(lines_of("\xef\xbb\xbf"), ElementsAre(""));
}

TEST(Lines, CrossTheBlocksTheyAreReadIn) {
    const std::string line(10000, 'x');
    EXPECT_THAT(lines_of(line + "\n" + line + "\n" + line), ElementsAre(line, line, line));
    const std::string block(16384, 'y');
    EXPECT_THAT(lines_of(block + "\nz"), ElementsAre(block, "z"));
}

TEST(Lines, OfALongOneTheBeginningIsKept) {
    EXPECT_THAT(lines_of(std::string(1 << 20, 'x') + "\nnext\n"),
                ElementsAre(std::string(Lines::longest, 'x'), "next"));
}

TEST(Lines, ReportWhyReadingFailed) {
    Lines lines(-1);
    EXPECT_FALSE(lines.next());
    EXPECT_TRUE(lines.error());
}

}  // namespace
}  // namespace sockbox::tools
