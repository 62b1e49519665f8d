// Tests of tools/multicall and of rules for every command's help.
#include "tools/multicall.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <set>

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
    EXPECT_THAT(front({"tcpecho", "--version"}).out, StartsWith("tcpecho (sockbox) "));
    EXPECT_THAT(front({"echo", "--version"}).out, StartsWith("echo (sockbox) "));
}

TEST(Multicall, RunsItsFirstWord) {
    EXPECT_THAT(front({"sockbox", "echod", "--version"}).out, StartsWith("echod (sockbox) "));
    EXPECT_THAT(front({"sockbox", "--version"}).out, StartsWith("sockbox (sockbox) "));
    EXPECT_THAT(front({"sockbox", "--", "echod", "--version"}).out, StartsWith("echod (sockbox) "));
}

TEST(Multicall, RefusesWhatIsNoCommand) {
    for (const Words& words :
         {Words{}, Words{"sockbox"}, Words{"sockbox", "nosuch"}, Words{"sockbox", ""},
          Words{"sockbox", "help", "a", "b"}, Words{"sockbox", "help", "nosuch"},
          Words{"sockbox", "-x"}, Words{"sockbox", "--list", "x"},
          Words{"sockbox", "--list", "--exec-path"}}) {
        const Ran ran = front(words);
        EXPECT_EQ(ran.status, exit_usage) << testing::PrintToString(words);
        EXPECT_EQ(ran.out, "");
        EXPECT_THAT(ran.err, StartsWith("sockbox: "));
    }
}

TEST(Multicall, HelpAloneListsTheCommands) {
    const Ran ran = front({"sockbox", "help"});
    EXPECT_EQ(ran.status, exit_ok);
    EXPECT_EQ(ran.out, front({"sockbox", "--list"}).out);
    EXPECT_EQ(ran.err, "");
}

TEST(Multicall, SuggestsTheNearestCommand) {
    EXPECT_EQ(front({"sockbox", "shwoip"}).err,
              "sockbox: unknown command 'shwoip'; did you mean 'showip'?\n"
              "sockbox: see 'sockbox --help'\n");
    EXPECT_EQ(front({"sockbox", "help", "sockopts"}).err,
              "sockbox: unknown command 'sockopts'; did you mean 'sockopt'?\n"
              "sockbox: see 'sockbox --help'\n");
    EXPECT_EQ(front({"sockbox", "nosuch"}).err,
              "sockbox: unknown command 'nosuch'; --list shows all commands\n"
              "sockbox: see 'sockbox --help'\n");
}

TEST(Multicall, DiagnosticsAreExplained) {
    const Ran ran = front({"sockbox", "help", "diagnostics"});
    EXPECT_EQ(ran.status, exit_ok);
    EXPECT_EQ(ran.err, "");
    for (const std::string& line : test::lines(ran.out))
        EXPECT_LE(line.size(), 80U) << line;
    EXPECT_THAT(ran.out, HasSubstr("\n  bind, listen: EADDRINUSE\n"
                                   "    the port is used or in TIME_WAIT; port 0 selects a free"
                                   " one\n"));
    EXPECT_EQ(front({"sockbox", "help", "diagnostic"}).err,
              "sockbox: unknown command 'diagnostic'; did you mean 'diagnostics'?\n"
              "sockbox: see 'sockbox --help'\n");
}

// A shell that gets an example or a hint runs this command, not its own echo.
TEST(Multicall, ExamplesCanBePasted) {
    const auto expect_calls = [](const Words& words, const std::string& call) {
        Words help = words;
        help.emplace_back("--help");
        const std::string text = front(help).out;
        EXPECT_THAT(text, HasSubstr("\nExamples:\n  " + call + " "));
        Words wrong = words;
        wrong.emplace_back("--wrong");
        EXPECT_THAT(front(wrong).err, HasSubstr(": see '" + call + " --help'\n"));
    };
    expect_calls({"tcpecho"}, "tcpecho");
    expect_calls({"/usr/bin/tcpecho"}, "tcpecho");
    expect_calls({"/usr/libexec/sockbox/echo"}, "/usr/libexec/sockbox/echo");
    expect_calls({"/a b/echo"}, "'/a b/echo'");
    expect_calls({"sockbox", "echo"}, "sockbox echo");
    expect_calls({"sockbox", "udpecho"}, "sockbox udpecho");
    expect_calls({"/usr/bin/showip"}, "showip");
}

// The parser learns of those options only that the words mention, and would not notice.
TEST(Multicall, NoTwoOptionsHaveTheSameName) {
    for (const Command& command : commands()) {
        std::set<std::string> names;
        const std::string offered = test::run(command.run, {"--complete=-"}).out;
        for (const std::string& line : test::lines(offered)) {
            const std::string name = line.substr(0, line.find('\t'));
            EXPECT_TRUE(!name.starts_with('-') || names.insert(name).second) << name;
        }
        EXPECT_GT(names.size(), 30U) << command.name;
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
