// Tests of lib/probe/snapshots with threads that measure as fast as they can.
#include "probe/measure.h"

#include <gtest/gtest.h>

#include <thread>

namespace sockbox::probe {
namespace {

using namespace std::chrono_literals;

TEST(Snapshots, NothingBeforeTheRun) {
    Snapshots snapshots;
    const Measured none = snapshots.take();
    EXPECT_EQ(none.numbers.sent, 0U);
    EXPECT_EQ(none.numbers.rtt.summary().count, 0U);
    EXPECT_EQ(none.phase, stats::Phase::connecting);
}

TEST(Snapshots, DistinguishTheWarmUpFromTheRun) {
    Snapshots snapshots;
    snapshots.begin(1);
    Measured measured;
    measured.begin = net::Clock::now() + 1h;
    snapshots.leave(0, measured, true);
    EXPECT_EQ(snapshots.take().phase, stats::Phase::warming_up);
    Snapshots begun;
    begun.begin(1);
    measured.begin = net::Clock::now();
    begun.leave(0, measured, true);
    EXPECT_EQ(begun.take().phase, stats::Phase::measuring);
}

TEST(Snapshots, CopiesAddUpWhileTheThreadsGoOn) {
    constexpr std::size_t thread_count = 3;
    Snapshots snapshots;
    snapshots.begin(thread_count);
    std::atomic<bool> over{false};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < thread_count; ++i)
        threads.emplace_back([&, i] {
            Measured measured;
            measured.begin = net::Clock::now();
            while (!over) {
                measured.numbers.sent += 2;
                measured.answered(net::Clock::now(), 5us);
                snapshots.leave(i, measured, false);
            }
            measured.numbers.lost = 1;
            snapshots.leave(i, measured, true);
        });
    std::uint64_t before = 0;
    for (int taken = 0; taken < 5; ++taken) {
        const stats::Measurement numbers = snapshots.take().numbers;
        EXPECT_GE(numbers.received, thread_count) << "each thread has answered this question";
        EXPECT_GE(numbers.received, before);
        EXPECT_EQ(numbers.sent, numbers.received + numbers.lost + numbers.pending);
        EXPECT_EQ(numbers.rtt.summary().count, numbers.received);
        EXPECT_GT(numbers.duration, 0ns);
        before = numbers.received;
    }
    over = true;
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(snapshots.take().numbers.lost, thread_count) << "what was left at the end stays";
}

}  // namespace
}  // namespace sockbox::probe
