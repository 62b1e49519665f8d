// Tests of lib/system/fair_mutex.
#include "system/fair_mutex.h"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>
#include <vector>

namespace sockbox::net {
namespace {

// A notification that is lost leaves a thread waiting for ever.
TEST(FairMutex, LetsEveryThreadHaveEachOfItsTurns) {
    constexpr int threads = 4;
    constexpr int turns = 20'000;
    FairMutex mutex;
    int count = 0;
    std::vector<std::thread> all;
    for (int i = 0; i < threads; ++i)
        all.emplace_back([&] {
            for (int turn = 0; turn < turns; ++turn) {
                const std::lock_guard lock(mutex);
                ++count;
            }
        });
    for (std::thread& thread : all)
        thread.join();
    EXPECT_EQ(count, threads * turns);
}

TEST(FairMutex, AThreadThatLocksAgainAndAgainLetsOthersIn) {
    FairMutex mutex;
    bool is_over = false;
    std::thread loop([&] {
        for (bool ended = false; !ended;) {
            const std::lock_guard lock(mutex);
            ended = is_over;
        }
    });
    for (int turn = 0; turn < 1000; ++turn)
        const std::lock_guard lock(mutex);
    {
        const std::lock_guard lock(mutex);
        is_over = true;
    }
    loop.join();
}

}  // namespace
}  // namespace sockbox::net
