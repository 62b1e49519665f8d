// Tests of the stop signal in lib/net/signals.
#include "net/signals.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "net/streams.h"
#include "tests/support.h"

namespace sockbox::net {
namespace {

using test::patience;

TEST(StopSignal, WakesAllWaitersAndEveryLaterOne) {
    StopSignal stop = StopSignal::create().value();
    EXPECT_FALSE(stop.raised());
    std::vector<std::thread> waiters;
    std::vector<Readiness> woke(3, Readiness::timed_out);
    for (Readiness& one : woke)
        waiters.emplace_back([&] {
            const auto idle = bind_datagram(Endpoint::loopback(Family::ipv4)).value();
            one = wait_for(idle, Direction::receive, deadline_in(patience), &stop);
        });
    stop.raise();
    stop.raise();
    for (std::thread& waiter : waiters)
        waiter.join();
    EXPECT_EQ(woke, std::vector<Readiness>(3, Readiness::stopped));
    EXPECT_TRUE(stop.raised());
    const auto idle = bind_datagram(Endpoint::loopback(Family::ipv4)).value();
    EXPECT_EQ(wait_for(idle, Direction::receive, deadline_in(patience), &stop), Readiness::stopped);
}

TEST(StopSignal, WinsOverASocketThatIsReady) {
    StopSignal stop = StopSignal::create().value();
    const auto writable = bind_datagram(Endpoint::loopback(Family::ipv4)).value();
    EXPECT_EQ(wait_for(writable, Direction::send, deadline_in(patience), &stop), Readiness::ready);
    stop.raise();
    EXPECT_EQ(wait_for(writable, Direction::send, deadline_in(patience), &stop),
              Readiness::stopped);
}

TEST(StopSignal, EndsAConnectThatIsUnderWay) {
    // The full backlog of a listener that never accepts leaves the next connect waiting.
    const auto listener = listen_on(Endpoint::loopback(Family::ipv4), {.backlog = 1}).value();
    StopSignal stop = StopSignal::create().value();
    stop.raise();
    std::vector<Result<Socket>> connections;
    bool stopped = false;
    for (int i = 0; i < 10 && !stopped; ++i) {
        connections.push_back(
            connect_to(*listener.local(), {.deadline = deadline_in(patience), .stop = &stop}));
        const auto& latest = connections.back();
        stopped = !latest && latest.error().code == std::errc::operation_canceled;
    }
    EXPECT_TRUE(stopped);
}

}  // namespace
}  // namespace sockbox::net
