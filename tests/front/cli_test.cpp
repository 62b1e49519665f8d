// Tests of tools/front/cli.
#include "tools/front/cli.h"

#include <gmock/gmock.h>

#include "tests/support.h"

namespace sockbox::tools {
namespace {

using test::Ran;
using test::Words;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// What the command under test parsed.
struct Seen {
    Common common;
    bool fast = false;
    std::string name;
    Words sets;
    Words looks;
    Words operands;
    std::chrono::nanoseconds wait{};
    std::uint64_t size = 0;
    std::optional<std::int64_t> count;
    std::size_t shape = 0;
};
Seen seen;

int command(Args args, Io io) {
    seen = Seen();
    Cli cli("demo", "A command to test command lines with.", {"[OPTION]... WORD...", "--fast"});
    cli.flag("-f,--fast", "a flag", seen.fast)
        .option("-n,--name", "TEXT", "any text", take_text(seen.name))
        .option("-w,--wait", "DURATION", "a duration", take_duration(seen.wait))
        .option("-s,--size", "BYTES", "a size", take_size(seen.size, 1, 1024))
        .optional("--look", "DURATION", "a duration, or none",
                  [](std::string_view text) {
                      seen.looks.emplace_back(text);
                      return net::Status();
                  })
        .option("-c,--count", "N", "a number", take_integer(seen.count, -5, 5))
        .option("--shape", "SHAPE", "round or square", take_choice(seen.shape, {"round", "square"}))
        .repeated("--set", "NAME=VALUE", "may be repeated",
                  [](std::string_view text) {
                      seen.sets.emplace_back(text);
                      return net::Status();
                  })
        .common(seen.common)
        .operands(seen.operands, 0, 3)
        .example("demo --fast", "shows nothing");
    if (const auto status = cli.parse(args, io))
        return *status;
    return finish(io, "demo", exit_ok);
}

// Runs it and expects a usage error with the message `mistake`.
void expect_refused(const Words& words, const std::string& mistake) {
    const Ran ran = test::run(command, words);
    EXPECT_EQ(ran.status, exit_usage) << testing::PrintToString(words);
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(test::lines(ran.err), ElementsAre("demo: " + mistake, "demo: see 'demo --help'"));
}

void expect_taken(const Words& words) {
    const Ran ran = test::run(command, words);
    EXPECT_EQ(ran.status, exit_ok) << testing::PrintToString(words) << ran.err;
    EXPECT_EQ(ran.err, "");
}

TEST(Cli, TakesValuesInEverySpelling) {
    expect_taken({"-n", "a", "--wait=1.5s", "--size", "1K", "-c-5", "--shape", "square", "-fj"});
    EXPECT_EQ(seen.name, "a");
    EXPECT_EQ(seen.wait, std::chrono::milliseconds(1500));
    EXPECT_EQ(seen.size, 1024U);
    EXPECT_EQ(seen.count, -5);
    EXPECT_EQ(seen.shape, 1U);
    EXPECT_TRUE(seen.fast && seen.common.json);
}

TEST(Cli, OptionsMayFollowOperands) {
    expect_taken({"one", "-f", "two", "-"});
    EXPECT_TRUE(seen.fast);
    EXPECT_THAT(seen.operands, ElementsAre("one", "two", "-"));
}

TEST(Cli, WordsAfterTwoDashesAreOperands) {
    expect_taken({"-f", "--", "-n", "--", "--help"});
    EXPECT_THAT(seen.operands, ElementsAre("-n", "--", "--help"));
    EXPECT_EQ(seen.name, "");
}

TEST(Cli, AValueMayBeginWithADash) {
    expect_taken({"--count", "-3", "--name", "-x"});
    EXPECT_EQ(seen.count, -3);
    EXPECT_EQ(seen.name, "-x");
}

TEST(Cli, EmptyWordsStayEmptyWords) {
    expect_taken({"--set", "", "", "x"});
    EXPECT_THAT(seen.sets, ElementsAre(""));
    EXPECT_THAT(seen.operands, ElementsAre("", "x"));
    expect_taken({"--set=", "x"});
    EXPECT_THAT(seen.sets, ElementsAre(""));
    EXPECT_THAT(seen.operands, ElementsAre("x"));
    expect_refused({"--name", "", "x"}, "--name: it is empty");
    expect_refused({"--name=", "x"}, "--name: it is empty");
    expect_refused({"--wait=", "1s"},
                   "--wait: '' is not a duration (a number with ns, us, ms, s, m or h; seconds "
                   "without a unit)");
}

TEST(Cli, ValuesAreTakenAsTheyAre) {
    expect_taken({"--set", "[::1]:80", "--set", "a,b", "--set=x=y", "--name", "{a}", "/operand"});
    EXPECT_THAT(seen.sets, ElementsAre("[::1]:80", "a,b", "x=y"));
    EXPECT_EQ(seen.name, "{a}");
    EXPECT_THAT(seen.operands, ElementsAre("/operand"));
}

TEST(Cli, OptionalValueIsNeverTheNextWord) {
    expect_taken({"--look", "1s", "--look=2s", "x"});
    EXPECT_THAT(seen.looks, ElementsAre("", "2s"));
    EXPECT_THAT(seen.operands, ElementsAre("1s", "x"));
    expect_refused({"--look=", "x"}, "--look: it is empty");
    EXPECT_THAT(test::run(command, {"--help"}).out,
                HasSubstr("      --look[=DURATION]     a duration, or none\n"));
}

TEST(Cli, RefusesWithOneClearLine) {
    expect_refused({"--nosuch"}, "unknown option '--nosuch'");
    expect_refused({"-fZ"}, "unknown option '-Z'");
    expect_refused({"-1"}, "unknown option '-1'");
    expect_refused({"--name"}, "--name: missing value");
    expect_refused({"-f", "-n", "--", "x"}, "--name: missing value");
    expect_refused({"--json=false"}, "--json: takes no value");
    expect_refused({"--fast=true"}, "--fast: takes no value");
    expect_refused({"-4", "-6"}, "-4 and -6 are mutually exclusive");
    expect_refused({"-q", "-v"}, "--quiet and --verbose are mutually exclusive");
    expect_refused({"--shape", "oval"}, "--shape: 'oval' is not one of round, square");
    expect_refused({"--size", "2K"}, "--size: '2K' is out of range: expected 1 to 1024 bytes");
    expect_refused({"--count", "6"}, "--count: '6' is out of range: expected -5 to 5");
    expect_refused({"a", "b", "c", "d"}, "unexpected operand 'd'");
}

TEST(Cli, TheLastValueOfAnOptionWins) {
    expect_taken({"-w", "1s", "--wait", "2s", "-w3s"});
    EXPECT_EQ(seen.wait, std::chrono::seconds(3));
    expect_taken({"-f", "--fast", "-jj", "--count=1", "--count", "2", "--name", "a", "-n", "b"});
    EXPECT_TRUE(seen.fast && seen.common.json);
    EXPECT_EQ(seen.count, 2);
    EXPECT_EQ(seen.name, "b");
    expect_taken(
        {"--color", "never", "--color", "always", "--shape", "square", "--shape", "round"});
    EXPECT_EQ(seen.common.color, Color::always);
    EXPECT_EQ(seen.shape, 0U);
    expect_taken({"--set", "a", "--set", "b"});
    EXPECT_THAT(seen.sets, ElementsAre("a", "b")) << "repeated ones add up";
    expect_refused({"-4", "-6", "-4"}, "-4 and -6 are mutually exclusive");
    expect_refused({"--count", "x", "--count", "1"},
                   "--count: 'x' is not a whole number from -5 to 5");
}

TEST(Cli, SuggestsTheNearestOption) {
    expect_refused({"--fats"}, "unknown option '--fats'; did you mean '--fast'?");
    expect_refused({"--cuont=3"}, "unknown option '--cuont=3'; did you mean '--count'?");
    expect_refused({"--verb"}, "unknown option '--verb'; did you mean '--verbose'?");
    expect_refused({"--help-me"}, "unknown option '--help-me'");
    expect_refused({"--x"}, "unknown option '--x'");
    expect_refused({"--" + std::string(100, 'q')},
                   "unknown option '--" + std::string(100, 'q') + "'");
}

// Under the name by which the command was started, and as a shell can run it.
TEST(Cli, UsesTheNameThatItWasStartedUnder) {
    Output out;
    Output err;
    const Words help{"--help"};
    EXPECT_EQ(command(help, {-1, out, err, "other", "front other"}), exit_ok);
    const std::string text = out.take();
    EXPECT_THAT(text, StartsWith("Usage: front other [OPTION]... WORD...\n"));
    EXPECT_THAT(text, HasSubstr("\nExamples:\n  front other --fast\n"));
    const Words wrong{"--nosuch"};
    EXPECT_EQ(command(wrong, {-1, out, err, "other"}), exit_usage);
    EXPECT_EQ(err.take(), "other: unknown option '--nosuch'\nother: see 'other --help'\n");
}

TEST(Cli, HostileWordsAreEscapedInComplaints) {
    const Ran refused = test::run(
        [](Args args, Io io) {
            Cli cli("demo", "", {""});
            static_cast<void>(cli.parse({}, io));
            return cli.refuse(io, "bad: " + args[0]);
        },
        {"\x1b[31m\n\u202e\\x"});
    EXPECT_EQ(refused.err,
              "demo: bad: \\x1b[31m\\x0a\\xe2\\x80\\xae\\x\ndemo: see 'demo --help'\n");
    expect_refused({"--\x1b[31m"}, "unknown option '--\\x1b[31m'");
    expect_refused({"--shape", "a\nb"}, "--shape: 'a\\x0ab' is not one of round, square");
    expect_refused({"--shape", "\xff"}, "--shape: '\\xff' is not one of round, square");
}

TEST(Cli, VersionAndHelpGoToStandardOutput) {
    const Ran version = test::run(command, {"--version"});
    EXPECT_EQ(version.status, exit_ok);
    EXPECT_EQ(version.out, "demo (sockbox) " SOCKBOX_VERSION "\n");
    EXPECT_EQ(version.err, "");
    const Ran help = test::run(command, {"-h"});
    EXPECT_EQ(help.status, exit_ok);
    EXPECT_EQ(help.err, "");
    EXPECT_THAT(help.out, StartsWith("Usage: demo [OPTION]... WORD...\n       demo --fast\n"));
    EXPECT_THAT(help.out, HasSubstr("  -n, --name TEXT"));
}

TEST(Cli, HelpEndsWithExamples) {
    const Ran help = test::run(command, {"--help"});
    EXPECT_THAT(help.out, HasSubstr("\nExamples:\n  demo --fast\n     shows nothing\n"));
}

// One group is continued after another has begun.
int grouped(Args args, Io io) {
    bool flag = false;
    Cli cli("demo", "A command with groups.", {"[OPTION]..."});
    cli.group("Colours").flag("--red", "red", flag).rest().flag("--mauve", "mauve", flag);
    cli.group("Shapes").rest().flag("--oval", "oval", flag);
    cli.group("Colours").flag("--blue", "blue", flag);
    if (const auto status = cli.parse(args, io))
        return *status;
    return finish(io, "demo", exit_ok);
}

TEST(Cli, HelpShowsGroupsAndTheRestOnRequest) {
    const std::string end =
        "  -h, --help                show this help; --help all shows every option\n"
        "  -V, --version             show the version and exit\n";
    EXPECT_THAT(test::run(grouped, {"--help"}).out, HasSubstr("\nColours:\n"
                                                              "      --red                 red\n"
                                                              "      --blue                blue\n" +
                                                              end + "\nExamples:\n"));
    EXPECT_THAT(test::run(grouped, {"-h", "all"}).out,
                HasSubstr("\nColours:\n"
                          "      --red                 red\n"
                          "      --mauve               mauve\n"
                          "      --blue                blue\n" +
                          end +
                          "\nShapes:\n"
                          "      --oval                oval\n"));
}

}  // namespace
}  // namespace sockbox::tools
