// Tests of how lib/net/signals handles signals of the system.
#include <gtest/gtest.h>

#include <barrier>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "net/signals.h"
#include "system/clock.h"
#include "tests/support.h"

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

TEST(InterruptsDeathTest, OneMoreEndsTheProcessIfTheSecondDoesNot) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(
        {
            auto first = StopSignal::create();
            auto second = StopSignal::create();
            const Interrupts interrupts(*first, *second);
            const auto deadline = deadline_in(test::patience);
            while (Clock::now() < deadline) {
                std::raise(SIGINT);
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
        },
        testing::KilledBySignal(SIGINT), "");
}

// Whoever sends three at once, such as a service manager in a hurry.
TEST(InterruptsDeathTest, OneMoreAtOnceDoesNot) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(
        {
            auto first = StopSignal::create();
            auto second = StopSignal::create();
            const Interrupts interrupts(*first, *second);
            for (int i = 0; i < 10; ++i)
                std::raise(SIGINT);
            std::_Exit(3);
        },
        testing::ExitedWithCode(3), "");
}

// Handlers of several signals run at once, on several threads.
TEST(InterruptsDeathTest, AStormDoesNotEither) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(
        {
            constexpr int rounds = 1000;
            std::barrier meet(3);
            const auto send = [&meet](int number) {
                for (int round = 0; round < rounds; ++round) {
                    meet.arrive_and_wait();
                    for (int i = 0; i < 3; ++i)
                        std::raise(number);
                    meet.arrive_and_wait();
                }
            };
            const std::jthread terminating(send, SIGTERM);
            const std::jthread interrupting(send, SIGINT);
            for (int round = 0; round < rounds; ++round) {
                auto first = StopSignal::create();
                auto second = StopSignal::create();
                const Interrupts interrupts(*first, *second);
                meet.arrive_and_wait();
                meet.arrive_and_wait();
            }
            std::_Exit(3);
        },
        testing::ExitedWithCode(3), "");
}

TEST(InterruptsDeathTest, LateOnesAreIgnored) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(
        {
            {
                auto stop = StopSignal::create();
                const Interrupts interrupts(*stop);
                ignore_late_signals();
            }
            for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1})
                std::raise(number);
            std::_Exit(3);
        },
        testing::ExitedWithCode(3), "");
}

}  // namespace
}  // namespace sockbox::net
