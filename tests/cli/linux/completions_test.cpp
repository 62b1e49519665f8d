// Tests of the completions in real shells.
#include <gmock/gmock.h>

#include <filesystem>

#include "paths.h"
#include "serve/engines/engines.h"
#include "tests/cli/shells.h"
#include "tools/multicall.h"

namespace sockbox::test {
namespace {

using testing::IsSupersetOf;
using testing::Not;

class Completions : public testing::TestWithParam<Shell> {
  protected:
    void SetUp() override {
        if (!GetParam().is_here())
            GTEST_SKIP() << GetParam().name << " is not installed";
    }
    Names offers(const Words& words) const { return GetParam().offers(words); }
};

Names with_dash(const Names& names) {
    Names flags;
    for (const std::string& name : names)
        if (name.size() > 1 && name.starts_with('-'))
            flags.insert(name);
    return flags;
}

TEST_P(Completions, OfferEveryFlagOfEveryCommandAndNoOther) {
    for (const tools::Command& command : tools::commands()) {
        const std::string name(command.name);
        const Names flags = flags_in_help(run(command.run, {"--help", "all"}).out);
        EXPECT_FALSE(flags.empty()) << name;
        EXPECT_EQ(with_dash(offers({"sockbox", name, "-"})), flags) << name;
    }
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

INSTANTIATE_TEST_SUITE_P(Shells, Completions,
                         testing::Values(Shell{"bash"}, Shell{"fish"}, Shell{"zsh"}),
                         [](const auto& shell) { return std::string(shell.param.name); });

}  // namespace
}  // namespace sockbox::test
