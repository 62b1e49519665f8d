// Tests of what `cmake --install` installs where.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "paths.h"
#include "system/clock.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

namespace fs = std::filesystem;

class Install : public testing::Test {
  protected:
    void SetUp() override {
        const Ran ran =
            Process({SOCKBOX_CMAKE, "--install", SOCKBOX_BUILD_DIR, "--prefix", prefix_.string()})
                .wait();
        ASSERT_EQ(ran.status, 0) << ran.err;
    }
    ~Install() override { fs::remove_all(prefix_); }

    Words names_in(const std::string& folder) const {
        Words names;
        for (const auto& entry : fs::directory_iterator(prefix_ / folder))
            names.push_back(entry.path().filename().string());
        return names;
    }
    Ran run_installed(const std::string& program, const Words& args) const {
        Words words{(prefix_ / program).string()};
        words.insert(words.end(), args.begin(), args.end());
        return Process(words).wait();
    }

    const TemporaryFile unique_;
    const fs::path prefix_ = unique_.path() + " prefix";
};

TEST_F(Install, CommandsAreLinksAndNoneIsNamedEcho) {
    EXPECT_THAT(names_in("bin"), testing::UnorderedElementsAre("sockbox", "showip", "sockopt",
                                                               "echod", "udpecho", "tcpecho"));
    EXPECT_THAT(names_in("libexec/sockbox"),
                testing::UnorderedElementsAre("showip", "sockopt", "echod", "echo", "udpecho"));
    for (const char* name : {"showip", "sockopt", "echod", "udpecho", "tcpecho"}) {
        EXPECT_EQ(fs::read_symlink(prefix_ / "bin" / name), "sockbox");
        const Ran ran = run_installed(std::string("bin/") + name, {"--version"});
        EXPECT_EQ(ran.out, name + std::string(" (sockbox) " SOCKBOX_VERSION "\n"));
    }
}

TEST_F(Install, ExecPathIsTheDirectoryOfEcho) {
    const Ran ran = run_installed("bin/sockbox", {"--exec-path"});
    EXPECT_EQ(lines(ran.out), Words{(prefix_ / "libexec/sockbox").string()});
    EXPECT_EQ(run_installed("libexec/sockbox/echo", {"--version"}).out,
              "echo (sockbox) " SOCKBOX_VERSION "\n");
}

TEST_F(Install, TheCommandsBelowTheirOwnNamesAreLinks) {
    for (const std::string& name : names_in("libexec/sockbox")) {
        const fs::path command = prefix_ / "libexec/sockbox" / name;
        EXPECT_TRUE(fs::is_symlink(command)) << name;
        EXPECT_EQ(fs::canonical(command), fs::canonical(prefix_ / "bin/sockbox"));
    }
}

// xargs rm <install_manifest.txt is the usual way to uninstall.
TEST_F(Install, NothingStaysAfterRemovingWhatTheManifestLists) {
    const fs::path own = unique_.path() + " again";
    Words listed;
    // Another test may install from the same build at the same time.
    const auto deadline = net::deadline_in(patience);
    const auto is_ours = [&] { return !listed.empty() && listed[0].starts_with(own.string()); };
    while (!is_ours() && net::Clock::now() < deadline) {
        const Ran ran =
            Process({SOCKBOX_CMAKE, "--install", SOCKBOX_BUILD_DIR, "--prefix", own.string()})
                .wait();
        ASSERT_EQ(ran.status, 0) << ran.err;
        std::ifstream manifest(SOCKBOX_BUILD_DIR "/install_manifest.txt");
        listed = lines(std::string(std::istreambuf_iterator<char>(manifest), {}));
    }
    for (const std::string& file : listed)
        EXPECT_TRUE(fs::remove(file)) << file;
    for (const auto& entry : fs::recursive_directory_iterator(own))
        EXPECT_TRUE(fs::is_directory(entry.symlink_status())) << entry.path();
    fs::remove_all(own);
}

TEST_F(Install, ManualPagesAndCompletionsAreInTheUsualPlaces) {
    EXPECT_THAT(names_in("share/bash-completion/completions"),
                testing::UnorderedElementsAre("sockbox", "showip", "sockopt", "echod", "udpecho",
                                              "tcpecho"));
    EXPECT_THAT(names_in("share/fish/vendor_completions.d"),
                testing::UnorderedElementsAre("sockbox.fish", "showip.fish", "sockopt.fish",
                                              "echod.fish", "udpecho.fish", "tcpecho.fish"));
    EXPECT_THAT(names_in("share/zsh/site-functions"), testing::ElementsAre("_sockbox"));
    EXPECT_THAT(names_in("share/man/man1"), testing::Contains("sockbox.1"));
    EXPECT_THAT(names_in("share/man/man1"), testing::Not(testing::Contains("echo.1")));
    EXPECT_THAT(names_in("share/man/man7"),
                testing::UnorderedElementsAre("sockbox.7", "sockbox-monitoring.7"));
    EXPECT_THAT(names_in("share/doc/sockbox/examples"),
                testing::UnorderedElementsAre("prometheus", "victoria-metrics", "grafana",
                                              "kubernetes", "container", "scripts", "library"));
    EXPECT_THAT(names_in("share/doc/sockbox/examples/prometheus"),
                testing::UnorderedElementsAre("prometheus.yml", "sockbox.recording.yml",
                                              "sockbox.rules.yml", "sockbox.tests.yml"));
    EXPECT_THAT(names_in("share/sockbox"),
                testing::UnorderedElementsAre("sockbox.schema.json", "sockbox.ps1"));
}

TEST_F(Install, ServicesStartTheProgramsBelowThePrefix) {
    for (const auto& [service, program] :
         {std::pair("echod", "/bin/echod\""), std::pair("udpecho-reflector", "/bin/udpecho\" "),
          std::pair("udpecho-probe", "/bin/udpecho\" ")}) {
        std::ifstream file(prefix_ / "lib/systemd/system" / (std::string(service) + ".service"));
        const std::string unit{std::istreambuf_iterator<char>(file), {}};
        EXPECT_THAT(unit, testing::HasSubstr("\nExecStart=\"" + prefix_.string() + program))
            << service;
    }
}

// Wherever the tree is, its own pages are found before those of another installation.
TEST_F(Install, HelpShowsTheManualPagesThatLieBeside) {
    if (Process({"/bin/sh", "-c", "man -w sh"}).wait().status != 0)
        GTEST_SKIP() << "there is no man(1)";
    for (const char* name : {"sockbox", "showip", "echo", "tcpecho"}) {
        const Ran ran = run_installed("bin/sockbox", {"help", name});
        EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
        EXPECT_THAT(ran.out, testing::HasSubstr("NAME\n")) << name;
        EXPECT_THAT(ran.out, testing::HasSubstr("EXIT STATUS\n")) << name;
    }
}

}  // namespace
}  // namespace sockbox::test
