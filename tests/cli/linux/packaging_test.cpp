// Tests of the examples in packaging/ with the programs that they are for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "paths.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

constexpr int skipped = 77;

// Runs a script of tests/ by Python; its output. Skips the test if the script does.
void run_script(const Words& arguments) {
    Words words{"/usr/bin/python3", "-B"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    words[2] = SOCKBOX_SOURCE_DIR "/tests/" + words[2];
    const Ran ran = Process(words).wait(std::chrono::minutes(2));
    if (ran.status == skipped)
        GTEST_SKIP() << ran.out;
    EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
}

TEST(PackagingJson, WhatEveryModePrintsMatchesTheSchema) {
    run_script({"json_by_schema.py", SOCKBOX_BIN_DIR,
                SOCKBOX_SOURCE_DIR "/packaging/json/sockbox.schema.json"});
}

TEST(PackagingRecipes, HaveTheDigestsOfTheArchives) {
    run_script({"recipes.py"});
}

TEST(PackagingKubernetes, TheManifestsHaveTheTypesOfItsApi) {
    run_script({"manifests.py", SOCKBOX_SOURCE_DIR "/packaging/kubernetes/sockbox.yaml"});
}

TEST(PackagingGrafana, EveryQueryOfTheDashboardHasData) {
    run_script({"monitoring.py", "dashboard", SOCKBOX_BIN_DIR});
}

// Three sites measure each other; one direction between two of them loses and another one delays.
TEST(PackagingVictoriaMetrics, TheCentreSeesWhereAMeshLosesAndDelays) {
    run_script({"monitoring.py", "mesh", SOCKBOX_BIN_DIR});
}

TEST(PackagingVictoriaMetrics, VmalertAcceptsTheRules) {
    if (!std::filesystem::exists("/usr/bin/vmalert"))
        GTEST_SKIP() << "no vmalert here";
    const Ran ran =
        Process({"/usr/bin/vmalert", "-dryRun",
                 "-rule=" SOCKBOX_SOURCE_DIR "/packaging/prometheus/sockbox.rules.yml",
                 "-rule=" SOCKBOX_SOURCE_DIR "/packaging/prometheus/sockbox.recording.yml"})
            .wait();
    EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
}

}  // namespace
}  // namespace sockbox::test
