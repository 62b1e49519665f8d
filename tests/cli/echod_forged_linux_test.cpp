// End-to-end tests of echod against forged datagrams, in a network of its own.
#include <gtest/gtest.h>

#include "tests/support.h"

namespace sockbox::test {
namespace {

class ForgedDatagrams : public testing::TestWithParam<std::string> {};

TEST_P(ForgedDatagrams, CostOnlyThemselves) {
    const std::string in_namespace = "ip link set lo up && exec ";
    const Words alone{"/usr/bin/unshare", "-n", "/bin/sh", "-c", in_namespace + "true"};
    if (Process(alone).wait().status != 0)
        GTEST_SKIP() << "no network namespace for us here";
    if (GetParam() == "refused" && Process({"/bin/sh", "-c", "command -v nft"}).wait().status != 0)
        GTEST_SKIP() << "no nft here";
    const Ran ran = Process({"/usr/bin/unshare", "-n", "/bin/sh", "-c",
                             in_namespace +
                                 "/usr/bin/python3 " SOCKBOX_SOURCE_DIR
                                 "/tests/forged_datagrams.py " SOCKBOX_BIN_DIR "/echod " +
                                 GetParam()})
                        .wait(std::chrono::seconds(90));
    EXPECT_EQ(ran.status, 0) << ran.err;
}

INSTANTIATE_TEST_SUITE_P(Echod, ForgedDatagrams,
                         testing::Values("sources", "batch", "loop", "overflow", "refused"),
                         [](const auto& scenario) { return scenario.param; });

}  // namespace
}  // namespace sockbox::test
