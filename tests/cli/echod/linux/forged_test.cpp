// End-to-end tests of echod in a network namespace: forged datagrams, and peers that vanish.
#include <gtest/gtest.h>

#include "paths.h"
#include "serve/engines/engines.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

const std::string tests = SOCKBOX_SH_TESTS "/";

bool has_nft() {
    return Process({"/bin/sh", "-c", "command -v nft"}).wait().status == 0;
}

// Runs a shell command as root of a new network namespace with loopback up; nullopt if that is not
// allowed.
std::optional<Ran> run_in_network(const std::string& command) {
    const std::string up = "ip link set lo up && exec ";
    const auto in_network = [&](const std::string& line) {
        return Process({"/usr/bin/unshare", "-n", "/bin/sh", "-c", up + line});
    };
    if (in_network("true").wait().status != 0)
        return std::nullopt;
    return in_network("/usr/bin/python3 " + command).wait(std::chrono::seconds(90));
}

class ForgedDatagrams : public testing::TestWithParam<std::string> {};

TEST_P(ForgedDatagrams, CostOnlyThemselves) {
    if (GetParam() == "refused" && !has_nft())
        GTEST_SKIP() << "no nft here";
    const auto ran =
        run_in_network(tests + "forged_datagrams.py " SOCKBOX_SH_BIN "/echod " + GetParam());
    if (!ran)
        GTEST_SKIP() << "no network namespace for us here";
    EXPECT_EQ(ran->status, 0) << ran->err;
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
    const auto ran = run_in_network(command);
    if (!ran)
        GTEST_SKIP() << "no network namespace for us here";
    EXPECT_EQ(ran->status, 0) << ran->err;
}

}  // namespace
}  // namespace sockbox::test
