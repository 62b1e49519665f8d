// Tests of --load against a queue of known length, and of its end by an interrupt.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "paths.h"
#include "tests/linux/network.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Load, AddedDelayIsThatOfTheQueueWithinFivePercent) {
    if (!has_network())
        GTEST_SKIP() << "no network namespace for us here";
    const Ran ran = python_in_network(SOCKBOX_SH_TESTS "/loaded_path.py " SOCKBOX_SH_BIN)
                        .wait(std::chrono::seconds(200));
    if (ran.status == 77)
        GTEST_SKIP() << lines(ran.err).back();
    EXPECT_EQ(ran.status, 0) << ran.err;
}

TEST(Load, InterruptedBeforeTheLoadItPrintsTheIdleMeasurement) {
    const EchoServer server;
    Process process({"echo", "--load", "2", "-t", "60s", "--report-interval", "50ms", "--assert",
                     "p50<60s", "127.0.0.1", server.port()});
    EXPECT_THAT(process.read_line(), HasSubstr(": after "));
    process.send_signal(SIGINT);
    const Ran ran = process.wait();
    EXPECT_EQ(ran.status, tools::exit_mismatch) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("interrupted before the load began"));
    EXPECT_THAT(ran.out, HasSubstr("assert p50<60s: BROKEN (none)\n"));
    EXPECT_THAT(ran.out, HasSubstr("echo statistics"));
    EXPECT_THAT(ran.out, Not(HasSubstr("latency under load")));
}

TEST(Load, InterruptedUnderLoadItComparesWhatThereIs) {
    const EchoServer server;
    Process process({"echo", "--load", "2", "-t", "600ms", "--report-interval", "100ms",
                     "127.0.0.1", server.port()});
    // The time of a measurement begins anew.
    double before = 0;
    for (;;) {
        const std::string line = process.read_line();
        const std::size_t at = line.find("after ");
        if (at == std::string::npos)
            continue;
        const double elapsed = std::stod(line.substr(at + 6));
        if (elapsed < before)
            break;
        before = elapsed;
    }
    process.send_signal(SIGINT);
    const Ran ran = process.wait();
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("latency under load"));
    EXPECT_THAT(ran.out, Not(HasSubstr("idle after")));
}

}  // namespace
}  // namespace sockbox::test
