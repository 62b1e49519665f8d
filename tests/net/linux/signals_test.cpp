// Tests of how lib/net/signals handles signals of the system.
#include <gtest/gtest.h>

#include <csignal>

#include "net/signals.h"

namespace sockbox::net {
namespace {

TEST(Interrupts, TheFirstAndTheSecondRaiseTheirSignals) {
    auto first = StopSignal::create();
    auto second = StopSignal::create();
    ASSERT_TRUE(first && second);
    const Interrupts interrupts(*first, *second);
    std::raise(SIGTERM);
    EXPECT_TRUE(first->raised());
    EXPECT_FALSE(second->raised());
    std::raise(SIGINT);
    EXPECT_TRUE(second->raised());
}

TEST(Interrupts, LeaveSignalsAsTheyWere) {
    std::signal(SIGINT, SIG_IGN);
    {
        auto first = StopSignal::create();
        auto second = StopSignal::create();
        const Interrupts interrupts(*first, *second);
    }
    EXPECT_EQ(std::signal(SIGINT, SIG_DFL), SIG_IGN);
    EXPECT_EQ(std::signal(SIGTERM, SIG_DFL), SIG_DFL);
}

TEST(InterruptsDeathTest, TheThirdEndsTheProcess) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(
        {
            auto first = StopSignal::create();
            auto second = StopSignal::create();
            const Interrupts interrupts(*first, *second);
            for (int i = 0; i < 3; ++i)
                std::raise(SIGINT);
        },
        testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace sockbox::net
