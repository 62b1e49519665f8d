// Tests of the scripts that build, test and demonstrate sockbox.
#include <gmock/gmock.h>

#include <regex>

#include "paths.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Ran script(const std::string& name, const Words& args) {
    Words words{SOCKBOX_SOURCE_DIR "/scripts/" + name};
    words.insert(words.end(), args.begin(), args.end());
    return Process(words).wait();
}

// Before a package is installed or anything is built, which takes minutes and prints a lot.
TEST(Scripts, RefuseWhatTheyDoNotKnowAtOnce) {
    for (const auto& [name, args] : {std::pair<std::string, Words>{"test", {"--no-window"}},
                                     {"test", {"--preset", "nope"}},
                                     {"test", {"-R", "x", "--presets", "dev"}},
                                     {"test", {"--long", "--longer"}},
                                     {"test", {"--long=yes"}},
                                     {"test", {"word"}},
                                     {"demo", {"--nope"}},
                                     {"setup", {"nope"}},
                                     {"source", {"--nope"}},
                                     {"source", {"/nope"}},
                                     {"source", {".", "word"}},
                                     {"bench", {"nope"}}}) {
        const Ran ran = script(name, args);
        EXPECT_EQ(ran.status, 1) << name << testing::PrintToString(args);
        EXPECT_THAT(ran.out + ran.err, testing::Not(HasSubstr("== "))) << name;
    }
    EXPECT_EQ(script("test", {"--preset", "nope"}).err,
              "test: --preset: 'nope' is not one of release, dev, asan, tsan, windows, "
              "arm64\n"
              "test: see 'scripts/test --help'\n");
}

// Runs scripts/setup on a system that has these packages, "ARCHITECTURE NAME" in each line.
Ran setup_on(const std::string& packages, const std::string& permitted, const std::string& group) {
    const TemporaryFile list(packages);
    return Process({SOCKBOX_SOURCE_DIR "/tests/with_debian", list.path(), permitted,
                    SOCKBOX_SOURCE_DIR "/scripts/setup", group})
        .wait();
}

TEST(Scripts, SetupTellsPackagesOfTwoArchitecturesApart) {
    const std::string cross = "amd64 g++-aarch64-linux-gnu\namd64 qemu-user-static\n";
    const std::string libraries =
        "arm64 libc6-dev\narm64 liburing-dev\narm64 libseccomp-dev\narm64 nettle-dev\n";
    const std::string others =
        std::regex_replace(libraries, std::regex("arm64"), "amd64") + "arm64 qemu-user-static\n";
    const Ran nothing = setup_on(cross + libraries + others, "arm64", "arm64");
    EXPECT_EQ(nothing.status, 0);
    EXPECT_EQ(nothing.out + nothing.err, "");
    // The architecture is permitted before apt-get is asked for its packages.
    const Ran all = setup_on(others, "i386", "arm64");
    EXPECT_EQ(all.status, 5);
    EXPECT_EQ(all.out,
              "setup: installing g++-aarch64-linux-gnu libc6-dev:arm64 liburing-dev:arm64 "
              "libseccomp-dev:arm64 nettle-dev:arm64 qemu-user-static\n"
              "dpkg --add-architecture arm64\n");
}

TEST(Scripts, NarrateStatesWhatTakesLong) {
    Process silent({SOCKBOX_SOURCE_DIR "/scripts/narrate", "/bin/sh", "-c",
                    "echo begun; sleep 12; echo done; exit 3"});
    EXPECT_EQ(silent.read_line(), "begun");
    EXPECT_THAT(silent.read_line(), StartsWith("... "));
    const Ran ran = silent.wait();
    EXPECT_EQ(ran.status, 3);
    EXPECT_EQ(ran.out, "done\n");
}

// A line that was left out does not count as printed.
TEST(Scripts, NarrateIsNotSilentAfterALineThatItLeftOut) {
    Process silent({SOCKBOX_SOURCE_DIR "/scripts/narrate", "/bin/sh", "-c",
                    "echo '[1/2] one'; sleep 3; echo '[2/2] two'; sleep 7"});
    EXPECT_EQ(silent.read_line(), "[1/2] one");
    EXPECT_THAT(silent.read_line(), HasSubstr("[2/2] two"));
    silent.wait();
}

// As apt-get does when sudo runs it in a pseudo-terminal.
TEST(Scripts, NarrateReadsLinesOfATerminal) {
    Process quiet({SOCKBOX_SOURCE_DIR "/scripts/narrate", "-q", "/bin/sh", "-c",
                   "sleep 6; printf '5%%\\r6%%\\r\\n'; sleep 1"});
    EXPECT_EQ(quiet.read_line(), "6%");
    quiet.wait();
}

TEST(Scripts, NarrateLeavesOutMostOfTheProgress) {
    const std::string lines = "for i in 1 2 3; do echo \"[$i/3] build\"; done; echo warning";
    const Ran shown = script("narrate", {"/bin/sh", "-c", lines});
    EXPECT_EQ(shown.out, "[1/3] build\nwarning\n");
    EXPECT_EQ(shown.status, 0);
    const Ran failed = script("narrate", {"-q", "/bin/sh", "-c", lines + "; exit 4"});
    EXPECT_EQ(failed.status, 4);
    EXPECT_EQ(failed.out, "");
    EXPECT_EQ(failed.err, "[1/3] build\n[2/3] build\n[3/3] build\nwarning\n");
}

// Runs the comparison of the option table with the headers on a copy in which sed changed the rows.
Ran compare_options(const std::string& sed) {
    return Process({"/bin/sh", "-c",
                    "cd $(mktemp -d) && mkdir -p .ci lib/option && cp " SOCKBOX_SH_TESTS
                    "/../.ci/options* .ci && cp -r " SOCKBOX_SH_TESTS
                    "/../lib/option/rows " SOCKBOX_SH_TESTS
                    "/../lib/option/table.cpp lib/option && sed -i '" +
                        sed +
                        "' lib/option/rows/*.h .ci/options.not && .ci/options; "
                        "status=$?; rm -r \"$PWD\"; exit $status"})
        .wait();
}

TEST(Scripts, TheTableHasTheOptionsOfTheHeaders) {
    if (Process({"/bin/sh", "-c", "command -v gcc python3"}).wait().status != 0)
        GTEST_SKIP() << "no gcc or no python3";
    const Ran same = compare_options("");
    EXPECT_EQ(same.status, 0) << same.out << same.err;
    EXPECT_THAT(same.out, HasSubstr("options of Linux compared with the headers: "));
    const Ran missing = compare_options("s/\"TCP_CORK\"/\"TCP_OTHER\"/");
    EXPECT_EQ(missing.status, 1);
    EXPECT_THAT(missing.out, HasSubstr("TCP_CORK of linux, level tcp, is 3 in the headers and "
                                       "missing in the table\n"));
    const Ran other = compare_options("s/on_linux = 23,/on_linux = 99,/");
    EXPECT_EQ(other.status, 1);
    EXPECT_THAT(other.out, HasSubstr("TCP_FASTOPEN of linux, level tcp, is 23 in the headers and "
                                     "99 in the table\n"));
    const Ran unfounded = compare_options("s/ obsolete and never implemented//");
    EXPECT_EQ(unfounded.status, 1);
    EXPECT_THAT(unfounded.out, HasSubstr("IPV6_AUTHHDR: without a reason\n"));
}

}  // namespace
}  // namespace sockbox::test
