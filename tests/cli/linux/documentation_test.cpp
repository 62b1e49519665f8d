// Tests that --help, the manual pages and the completions name the same flags, and that the tour's
// commands print what it shows.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

#include "paths.h"
#include "tests/cli/shells.h"
#include "tests/support.h"
#include "tools/multicall.h"

namespace sockbox::test {
namespace {

Names flags_of(const tools::Command& command) {
    return flags_in_help(run(command.run, {"--help", "all"}).out);
}

TEST(Documentation, ManualPagesNameTheFlagsOfHelpAndNoOther) {
    for (const tools::Command& command : tools::commands()) {
        const std::string page = read_source(fmt::format("man/{}.1", command.name));
        EXPECT_EQ(flags_in_manual(page), flags_of(command)) << command.name;
        for (const char* section : {"NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "EXAMPLES",
                                    "DIAGNOSTICS", "SEE ALSO", "STANDARDS"})
            EXPECT_THAT(page, testing::HasSubstr(fmt::format(".Sh {}\n", section))) << command.name;
    }
}

TEST(Documentation, HelpFitsOneScreenAndEndsWithExamples) {
    for (const tools::Command& command : tools::commands()) {
        for (const std::string& line : lines(run(command.run, {"--help", "all"}).out))
            EXPECT_LE(line.size(), 80U) << command.name << ": " << line;
        const std::string help = run(command.run, {"--help"}).out;
        EXPECT_LE(lines(help).size(), 50U) << command.name << ":\n" << help;
        const std::size_t examples = help.find("\nExamples:\n");
        ASSERT_NE(examples, help.npos) << command.name;
        const Words last = lines(help.substr(examples + 11));
        const auto commands = std::count_if(last.begin(), last.end(), [](const std::string& line) {
            return !line.starts_with("   ");
        });
        EXPECT_TRUE(commands == 2 || commands == 3) << command.name << ": " << commands;
    }
}

// All of lib/ and tools/.
std::string sources() {
    std::string all;
    for (const char* folder : {"lib", "tools"})
        for (const auto& entry : std::filesystem::recursive_directory_iterator(
                 SOCKBOX_SOURCE_DIR "/" + std::string(folder)))
            if (entry.path().extension() == ".cpp" || entry.path().extension() == ".h") {
                std::ifstream file(entry.path());
                all.append(std::istreambuf_iterator<char>(file), {});
            }
    return all;
}

// What stands for a value in a diagnostic is "..." in a page.
TEST(Documentation, DiagnosticsOfTheManualPagesAreThoseOfTheCode) {
    const std::string code = sources();
    static const std::regex items(R"(\n\.It Sy ([^\n]+))");
    static const std::regex values(R"(,? ?\.\.\.[:,]? ?)");
    for (const tools::Command& command : tools::commands()) {
        std::string page = read_source(fmt::format("man/{}.1", command.name));
        page.erase(0, page.find(".Sh DIAGNOSTICS\n"));
        for (std::sregex_iterator item(page.begin(), page.end(), items), end; item != end; ++item) {
            const std::string text = item->str(1);
            for (std::sregex_token_iterator part(text.begin(), text.end(), values, -1), none;
                 part != none; ++part)
                EXPECT_NE(code.find(part->str()), code.npos)
                    << command.name << ": " << text << ": '" << part->str() << "'";
        }
    }
}

TEST(Documentation, TheCommandsOfTheTourPrintWhatItShows) {
    const Ran ran = Process({SOCKBOX_SOURCE_DIR "/tests/with_addresses", "/usr/bin/python3", "-B",
                             SOCKBOX_SOURCE_DIR "/tests/page_examples.py", SOCKBOX_BIN_DIR,
                             SOCKBOX_SOURCE_DIR "/man/sockbox.7"})
                        .wait(std::chrono::seconds(240));
    if (ran.status == 77)
        GTEST_SKIP() << "no namespaces with IPv6 and veth for us here";
    EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
}

}  // namespace
}  // namespace sockbox::test
