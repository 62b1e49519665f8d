// End-to-end tests of echod in a network namespace: forged datagrams, and peers that vanish.
#include <gtest/gtest.h>

#include "paths.h"
#include "serve/engines/engines.h"
#include "tests/linux/network.h"

namespace sockbox::test {
namespace {

const std::string tests = SOCKBOX_SH_TESTS "/";

class ForgedDatagrams : public testing::TestWithParam<std::string> {};

TEST_P(ForgedDatagrams, CostOnlyThemselves) {
    if (GetParam() == "refused" && !has_nft())
        GTEST_SKIP() << "no nft here";
    if (!has_network())
        GTEST_SKIP() << "no network namespace for us here";
    const Ran ran =
        python_in_network(tests + "forged_datagrams.py " SOCKBOX_SH_BIN "/echod " + GetParam())
            .wait(std::chrono::seconds(90));
    EXPECT_EQ(ran.status, 0) << ran.err;
}

INSTANTIATE_TEST_SUITE_P(Echod, ForgedDatagrams,
                         testing::Values("sources", "broadcast", "own", "batch", "loop", "overflow",
                                         "refused"),
                         [](const auto& scenario) { return scenario.param; });

// Tests all engines in parallel, because it takes three seconds.
TEST(VanishedPeers, AreGivenUpIfTheirSocketsProbe) {
    if (!has_nft())
        GTEST_SKIP() << "no nft here";
    std::string command = tests + "vanished_peers.py " SOCKBOX_SH_BIN "/echod";
    for (const serve::Engine& engine : serve::engines())
        if (engine.available())
            command += " " + std::string(engine.name);
    if (!has_network())
        GTEST_SKIP() << "no network namespace for us here";
    const Ran ran = python_in_network(command).wait(std::chrono::seconds(90));
    EXPECT_EQ(ran.status, 0) << ran.err;
}

}  // namespace
}  // namespace sockbox::test
