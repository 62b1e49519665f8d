// Tests of tools/multicall and of rules for every command's help.
#include "tools/multicall.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "tests/support.h"

namespace sockbox::tools {
namespace {

using test::Ran;
using test::Words;
using testing::HasSubstr;
using testing::StartsWith;

Ran front(const Words& words) {
    return test::run(multicall, words);
}

TEST(Multicall, ListsTheFiveCommands) {
    const Ran ran = front({"sockbox", "--list"});
    EXPECT_EQ(ran.status, exit_ok);
    EXPECT_EQ(test::lines(ran.out).size(), 5U);
    for (const Command& command : commands())
        EXPECT_THAT(ran.out, HasSubstr(std::string(command.summary)));
}

TEST(Multicall, IsTheCommandItIsStartedAs) {
    for (const char* name : {"showip", "/usr/bin/showip", "C:\\bin\\showip.exe"})
        EXPECT_THAT(front({name, "--version"}).out, StartsWith("showip (sockbox) "));
    EXPECT_THAT(front({"tcpecho", "--version"}).out, StartsWith("echo (sockbox) "));
}

TEST(Multicall, RunsItsFirstWord) {
    EXPECT_THAT(front({"sockbox", "echod", "--version"}).out, StartsWith("echod (sockbox) "));
    EXPECT_THAT(front({"sockbox", "--version"}).out, StartsWith("sockbox (sockbox) "));
    EXPECT_THAT(front({"sockbox", "--", "echod", "--version"}).out, StartsWith("echod (sockbox) "));
}

TEST(Multicall, RefusesWhatIsNoCommand) {
    for (const Words& words :
         {Words{}, Words{"sockbox"}, Words{"sockbox", "nosuch"}, Words{"sockbox", ""},
          Words{"sockbox", "help"}, Words{"sockbox", "help", "nosuch"}, Words{"sockbox", "-x"},
          Words{"sockbox", "--list", "x"}, Words{"sockbox", "--list", "--exec-path"}}) {
        const Ran ran = front(words);
        EXPECT_EQ(ran.status, exit_usage) << testing::PrintToString(words);
        EXPECT_EQ(ran.out, "");
        EXPECT_THAT(ran.err, StartsWith("sockbox: "));
    }
}

TEST(Multicall, EveryHelpFitsInEightyColumns) {
    for (const Command& command : commands()) {
        const Ran ran = test::run(command.run, {"--help"});
        EXPECT_EQ(ran.status, exit_ok);
        EXPECT_EQ(ran.err, "");
        EXPECT_THAT(ran.out, StartsWith("Usage: " + std::string(command.name)));
        for (const std::string& line : test::lines(ran.out))
            EXPECT_LE(line.size(), 80U) << line;
    }
}

TEST(Multicall, ExecPathIsAFolder) {
    const Ran ran = front({"sockbox", "--exec-path"});
    EXPECT_EQ(ran.status, exit_ok);
    ASSERT_EQ(test::lines(ran.out).size(), 1U);
    EXPECT_TRUE(std::filesystem::path(test::lines(ran.out)[0]).is_absolute()) << ran.out;
}

}  // namespace
}  // namespace sockbox::tools
