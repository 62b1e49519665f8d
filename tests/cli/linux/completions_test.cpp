// Tests of the completions in real shells.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "option/table.h"
#include "paths.h"
#include "serve/engines/engines.h"
#include "system/host.h"
#include "tests/cli/shells.h"
#include "tools/multicall.h"

namespace sockbox::test {
namespace {

using testing::IsSupersetOf;
using testing::Not;

std::string summary_of(const char* option) {
    const auto row = net::find_row(option);
    return row ? std::string((*row)->summary) : "no such option";
}

class Completions : public testing::TestWithParam<Shell> {
  protected:
    void SetUp() override {
        if (!GetParam().is_here())
            GTEST_SKIP() << GetParam().name << " is not installed";
    }
    Names offers(const Words& words) const { return GetParam().offers(words); }

    // What the shell should show for each option of a help text.
    Descriptions expected(const Ran& help) const {
        Descriptions options = options_in_help(help.out);
        EXPECT_GT(options.size(), 3U) << help.out;
        if (GetParam().name == "bash")
            for (auto& [name, description] : options)
                description.clear();
        return options;
    }
};

TEST_P(Completions, DescribeEveryOptionOfEveryCommandAndNoOther) {
    for (const tools::Command& command : tools::commands()) {
        const std::string name(command.name);
        const Descriptions options = expected(run(command.run, {"--help", "all"}));
        EXPECT_EQ(GetParam().describes({"sockbox", name, "-"}), options) << name;
        const std::string own = name == "echo" ? "tcpecho" : name;
        EXPECT_EQ(GetParam().describes({own, "-"}), options) << own;
    }
    const Ran front = Process({SOCKBOX_BIN_DIR "/sockbox", "--help", "all"}).wait();
    EXPECT_EQ(GetParam().describes({"sockbox", "-"}), expected(front));
}

TEST_P(Completions, DescribeCommandsProcessesAndSocketOptions) {
    const bool bash = GetParam().name == "bash";
    EXPECT_EQ(GetParam().describes({"sockbox", "help", "ech"}),
              (Descriptions{{"echo", bash ? "" : "TCP echo client: messages, round trips, load"},
                            {"echod", bash ? "" : "concurrent TCP and UDP echo server"}}));
    const std::string own = std::to_string(::getpid());
    const Descriptions processes = GetParam().describes({"sockopt", "--pid", own});
    ASSERT_TRUE(processes.contains(own));
    EXPECT_EQ(processes.at(own), bash ? "" : net::process_name(::getpid()));
    EXPECT_EQ(GetParam().describes({"sockopt", "TCP_NODEL"}),
              (Descriptions{{"TCP_NODELAY", bash ? "" : summary_of("TCP_NODELAY")}}));
}

TEST_P(Completions, KnowACommandUnderItsOwnName) {
    const Names offered = offers({"showip", "--ver"});
    EXPECT_THAT(offered, IsSupersetOf({"--verbose", "--version"}));
    EXPECT_THAT(offered, Not(testing::Contains("--json")));
}

TEST_P(Completions, KnowACommandBelowAFolderWithASpace) {
    const TemporaryFile unique;
    const std::string folder = unique.path() + " bin";
    std::filesystem::create_directory_symlink(SOCKBOX_BIN_DIR, folder);
    const Names offered = offers({unique.path() + "\\ bin/showip", "--ver"});
    std::filesystem::remove(folder);
    EXPECT_THAT(offered, IsSupersetOf({"--verbose", "--version"}));
}

// Its arguments are no business of ours: shells complete variables and files there.
TEST(BashCompletion, LeavesTheShellsOwnEchoAlone) {
    if (!Shell{"bash"}.is_here())
        GTEST_SKIP() << "bash is not installed";
    const Ran ran =
        Process({"/bin/bash", "-c", "source \"$0\"; complete -p tcpecho; complete -p echo",
                 SOCKBOX_SOURCE_DIR "/completions/sockbox.bash"})
            .wait();
    EXPECT_EQ(ran.out, "complete -F _sockbox tcpecho\n");
    EXPECT_EQ(ran.status, 1) << "there is none for echo";
}

TEST_P(Completions, OfferTheCommandsOfTheFront) {
    EXPECT_THAT(offers({"sockbox", ""}),
                IsSupersetOf({"showip", "sockopt", "echod", "echo", "udpecho", "help"}));
    EXPECT_THAT(offers({"sockbox", "help", ""}),
                IsSupersetOf({"showip", "sockopt", "echod", "echo", "udpecho"}));
    EXPECT_THAT(offers({"sockbox", "-"}), IsSupersetOf({"--list", "--exec-path"}));
}

TEST_P(Completions, OfferTheValuesOfOptions) {
    const Names colors{"auto", "always", "never"};
    EXPECT_THAT(offers({"showip", "--color", ""}), IsSupersetOf(colors));
    EXPECT_THAT(offers({"sockbox", "echo", "--color", ""}), IsSupersetOf(colors));
    EXPECT_THAT(offers({"showip", "--json", ""}), Not(testing::Contains("always")));
    EXPECT_THAT(offers({"showip", "--socktype", "d"}), testing::Contains("dgram"));
    EXPECT_THAT(offers({"showip", "--flags", "passive,canon"}),
                testing::Contains(testing::AnyOf("passive,canonname", "canonname")));
    EXPECT_THAT(offers({"sockopt", "--type", "unix"}), IsSupersetOf({"unix", "unix-dgram"}));
}

TEST_P(Completions, OfferEveryEngine) {
    const Names offered = offers({"echod", "--engine", ""});
    EXPECT_TRUE(offered.contains("auto"));
    for (const serve::Engine& engine : serve::engines())
        EXPECT_TRUE(offered.contains(std::string(engine.name))) << engine.name;
}

TEST_P(Completions, OfferSocketOptionsInAnyCaseAndWithoutTheirPrefix) {
    EXPECT_THAT(offers({"sockopt", "SO_RCVB"}), IsSupersetOf({"SO_RCVBUF", "SO_RCVBUFFORCE"}));
    EXPECT_THAT(offers({"sockopt", "tcp_nodel"}), testing::Contains("TCP_NODELAY"));
    EXPECT_THAT(offers({"sockopt", "rcvb"}), testing::Contains("SO_RCVBUF"));
    EXPECT_THAT(offers({"sockbox", "echo", "--set", "TCP_NODEL"}),
                testing::Contains(testing::StartsWith("TCP_NODELAY")));
}

TEST_P(Completions, OfferCommandsBehindTwoDashes) {
    const Names offered = offers({"sockopt", "--listen", "0", "--", "showi"});
    EXPECT_THAT(offered, testing::Contains("showip"));
    EXPECT_THAT(offered, Not(testing::Contains("SO_DEBUG")));
}

// Bash replaces only what follows the last '=' or ':'.
TEST_P(Completions, OfferValuesBehindAnEqualsSign) {
    const std::string before = GetParam().name == "bash" ? "" : "--engine=";
    EXPECT_EQ(offers({"echod", "--engine="}).contains(before + "poll"), true);
    EXPECT_EQ(offers({"echod", "--engine=pol"}), Names{before + "poll"});
    EXPECT_EQ(offers({"echod", "--bind", "::1"}).size(), 1U);
    EXPECT_EQ(offers({"sockopt", "keepalive=o"}), GetParam().name == "bash"
                                                      ? (Names{"on", "off"})
                                                      : (Names{"keepalive=on", "keepalive=off"}));
}

TEST_P(Completions, OfferUsersServicesAndFiles) {
    EXPECT_THAT(offers({"echod", "--user", "roo"}), testing::Contains("root"));
    const TemporaryFile file;
    const auto cut = file.path().substr(0, file.path().size() - 1);
    const std::string name = std::filesystem::path(file.path()).filename();
    for (const Words& words : {Words{"echo", "--html", cut}, Words{"echod", "--port-file=" + cut},
                               Words{"showip", "-f", cut}})
        EXPECT_THAT(offers(words[0] == "echo" ? Words{"tcpecho", words[1], words[2]} : words),
                    testing::Contains(testing::EndsWith(name)))
            << words[1];
}

TEST_P(Completions, OfferNothingForAWrongLineAndDoNotWait) {
    for (const Words& words :
         {Words{"sockbox", "nonsense", ""}, Words{"echod", "--nonsense="}, Words{"sockopt", "X=y"},
          Words{"showip", "--short="}, Words{"tcpecho", "host", "80", "word", ""}})
        EXPECT_THAT(offers(words), testing::IsEmpty()) << testing::PrintToString(words);
}

INSTANTIATE_TEST_SUITE_P(Shells, Completions,
                         testing::Values(Shell{"bash"}, Shell{"fish"}, Shell{"zsh"}),
                         [](const auto& shell) { return std::string(shell.param.name); });

}  // namespace
}  // namespace sockbox::test
