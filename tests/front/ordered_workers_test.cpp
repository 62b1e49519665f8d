// Tests of tools/front/in_order: results come in order, and waiting work is bounded.
#include "tools/front/ordered_workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>

namespace sockbox::tools {
namespace {

TEST(OrderedWorkers, UsesResultsInTheOrderOfTheWork) {
    constexpr int pieces = 500;
    std::vector<int> used;
    std::atomic<bool> in_use = false;
    OrderedWorkers threads(3, {});
    for (int i = 0; i < pieces; ++i)
        threads.give([&, i](std::size_t thread) {
            EXPECT_LT(thread, 3U);
            // Every other piece takes longer, so later pieces finish first.
            for (int spin = i % 2 == 0 ? 1000 : 0; spin > 0; --spin)
                std::this_thread::yield();
            return [&, i] {
                EXPECT_FALSE(in_use.exchange(true));
                used.push_back(i);
                in_use = false;
            };
        });
    threads.finish();
    ASSERT_EQ(used.size(), std::size_t{pieces});
    for (int i = 0; i < pieces; ++i)
        EXPECT_EQ(used[static_cast<std::size_t>(i)], i);
}

// give() blocks while the oldest result has not been used: memory does not grow.
TEST(OrderedWorkers, TakesNoMoreThanThereIsRoomFor) {
    std::atomic<int> given = 0;
    std::atomic<int> used = 0;
    std::atomic<int> most = 0;
    OrderedWorkers threads(2, {});
    for (int i = 0; i < 300; ++i) {
        threads.give([&](std::size_t) {
            most = std::max<int>(most, given - used);
            return [&] { ++used; };
        });
        ++given;
    }
    threads.finish();
    EXPECT_EQ(used, 300);
    EXPECT_LE(most, 9);  // 4 per thread, and the one that give() still holds
}

TEST(OrderedWorkers, EachThreadBeginsOnce) {
    std::atomic<int> begun = 0;
    std::atomic<int> done = 0;
    {
        OrderedWorkers threads(2, [&] { ++begun; });
        EXPECT_EQ(begun, 0);  // no threads without work
        for (int i = 0; i < 10; ++i)
            threads.give([](std::size_t) { return [] {}; });
        threads.give([&](std::size_t) { return [&] { ++done; }; });
    }
    EXPECT_EQ(begun, 2);
    EXPECT_EQ(done, 1);  // the destructor waits for the work given
}

}  // namespace
}  // namespace sockbox::tools
