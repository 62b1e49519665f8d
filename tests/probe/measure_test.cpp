// Tests of lib/probe/measure with lanes that answer at once, and threads that look at them.
#include "probe/measure.h"

#include <gtest/gtest.h>

#include <thread>

namespace sockbox::probe {
namespace {

using namespace std::chrono_literals;

// Has an echo for each message at once; nothing is sent.
class Instant final : public Lane {
  public:
    Instant(Measured& measured, net::Endpoint server) : measured_(measured), server_(server) {}

    net::NativeSocket native() const override { return net::invalid_socket; }
    std::uint64_t sockets_used() const override { return 0; }
    bool waits_to_send() const override { return false; }
    bool can_take(net::Clock::time_point /*now*/) const override { return true; }
    bool is_dead() const override { return false; }
    std::size_t outstanding() const override { return 0; }
    net::Deadline next_expiry() const override { return net::no_deadline; }
    net::Status move_to(const net::Endpoint& server) override {
        server_ = server;
        return {};
    }
    void take(const Message& /*message*/, net::Clock::time_point now) override {
        ++measured_.numbers.sent;
        measured_.answered(now, 5us);
    }
    void on_ready(int /*events*/, net::Clock::time_point /*ready_at*/,
                  std::span<std::byte> /*room*/) override {}
    void expire(net::Clock::time_point /*now*/) override {}
    void conclude() override {}

  private:
    Measured& measured_;
    net::Endpoint server_;
};

const net::Endpoint somewhere = net::Endpoint::loopback(net::Family::ipv4, 7);

net::Result<std::unique_ptr<Lane>> instant(std::size_t, const net::Endpoint& server,
                                           const MeasurePlan&, Measured& measured) {
    return std::make_unique<Instant>(measured, server);
}

MeasurePlan every(std::chrono::nanoseconds interval) {
    MeasurePlan plan;
    plan.interval = interval;
    return plan;
}

class MeasureTest : public testing::Test {
  protected:
    ~MeasureTest() override { stop_.raise(); }

    std::unique_ptr<Measurements> create(std::size_t threads, bool lasting) {
        return *Measurements::create({threads, 0ns, lasting}, stop_);
    }

    static void await(const std::function<bool()>& condition) {
        const auto deadline = net::deadline_in(60s);
        while (!condition() && net::Clock::now() < deadline)
            std::this_thread::sleep_for(1ms);
        EXPECT_TRUE(condition());
    }

    net::StopSignal stop_ = *net::StopSignal::create();
};

TEST_F(MeasureTest, BeforeItStartsNothingIsMeasured) {
    const auto measurements = create(1, false);
    const auto number = measurements->add({{}, 1, instant, somewhere, {}, {}});
    const Measured none = measurements->so_far(number);
    EXPECT_EQ(none.numbers.sent, 0U);
    EXPECT_EQ(none.phase, stats::Phase::connecting);
    EXPECT_EQ(measurements->outcome(number), nullptr);
}

TEST_F(MeasureTest, TellsTheWarmUpFromTheRun) {
    const auto measurements = create(1, true);
    MeasurePlan plan = every(1s);
    plan.warmup = 1h;
    const auto warming = measurements->add({plan, 1, instant, somewhere, {}, {}});
    const auto measuring = measurements->add({every(1s), 1, instant, somewhere, {}, {}});
    ASSERT_TRUE(measurements->start());
    await([&] { return measurements->so_far(measuring).numbers.sent > 0; });
    EXPECT_EQ(measurements->so_far(warming).phase, stats::Phase::warming_up);
    EXPECT_EQ(measurements->so_far(measuring).phase, stats::Phase::measuring);
    stop_.raise();
    EXPECT_TRUE(measurements->wait_until(net::deadline_in(60s)));
}

// The loop holds its lock nearly all the time.
TEST_F(MeasureTest, CopiesAddUpWhileTheThreadsGoOn) {
    constexpr std::size_t thread_count = 3;
    const auto measurements = create(thread_count, true);
    const auto number = measurements->add({every(0ns), thread_count, instant, somewhere, {}, {}});
    ASSERT_TRUE(measurements->start());
    std::uint64_t before = 0;
    for (int taken = 0; taken < 5; ++taken) {
        await([&] { return measurements->so_far(number).numbers.received > before; });
        const stats::Measurement numbers = measurements->so_far(number).numbers;
        EXPECT_GE(numbers.received, before);
        EXPECT_EQ(numbers.sent, numbers.received + numbers.lost + numbers.pending);
        EXPECT_EQ(numbers.rtt.summary().count, numbers.received);
        EXPECT_GT(numbers.duration, 0ns);
        before = numbers.received;
    }
    stop_.raise();
    ASSERT_TRUE(measurements->wait_until(net::deadline_in(60s)));
    EXPECT_GE((*measurements->outcome(number))->numbers.received, before);
}

TEST_F(MeasureTest, ServersComeAndGo) {
    const auto measurements = create(2, true);
    const auto stays = measurements->add({every(1ms), 1, instant, somewhere, {}, {}});
    ASSERT_TRUE(measurements->start());
    const auto goes = measurements->add({every(1ms), 1, instant, somewhere, {}, {}});
    await([&] { return measurements->so_far(goes).numbers.received >= 5; });
    measurements->remove(goes);
    await([&] { return measurements->outcome(goes) != nullptr; });
    const std::uint64_t received = (*measurements->outcome(goes))->numbers.received;
    EXPECT_GE(received, 5U);
    EXPECT_EQ(measurements->so_far(goes).numbers.received, received) << "it has ended";
    measurements->remove(goes);  // does nothing
    const std::uint64_t before = measurements->so_far(stays).numbers.received;
    await([&] { return measurements->so_far(stays).numbers.received > before; });
    EXPECT_EQ(measurements->outcome(stays), nullptr);
    measurements->forget(goes);
    EXPECT_EQ(measurements->so_far(goes).numbers.received, 0U);
    EXPECT_NE(measurements->add({every(1ms), 1, instant, somewhere, {}, {}}), goes);
    stop_.raise();
    EXPECT_TRUE(measurements->wait_until(net::deadline_in(60s)));
}

// The outcome is made of results that a reader may be copying.
TEST_F(MeasureTest, ResultsCanBeReadWhileServersEnd) {
    constexpr std::size_t server_count = 20;
    const auto measurements = create(2, true);
    ASSERT_TRUE(measurements->start());
    for (std::size_t i = 0; i < server_count; ++i) {
        const auto number = measurements->add({every(0ns), 2, instant, somewhere, {}, {}});
        await([&] { return measurements->so_far(number).numbers.received > 0; });
        measurements->remove(number);
        await([&] {
            const Measured measured = measurements->so_far(number);
            const auto* outcome = measurements->outcome(number);
            return outcome != nullptr && (*outcome)->numbers.received >= measured.numbers.received;
        });
    }
    stop_.raise();
    EXPECT_TRUE(measurements->wait_until(net::deadline_in(60s)));
}

// As when a targets file changes at the moment of an interrupt.
TEST_F(MeasureTest, AServerAddedAfterTheEndHasAnOutcome) {
    const auto measurements = create(1, true);
    (void)measurements->add({every(1ms), 1, instant, somewhere, {}, {}});
    ASSERT_TRUE(measurements->start());
    stop_.raise();
    ASSERT_TRUE(measurements->wait_until(net::deadline_in(60s)));
    const auto late = measurements->add({every(1ms), 1, instant, somewhere, {}, {}});
    ASSERT_NE(measurements->outcome(late), nullptr);
    EXPECT_EQ((*measurements->outcome(late))->numbers.sent, 0U);
}

TEST_F(MeasureTest, AServerWithoutALaneFailsAlone) {
    const auto measurements = create(2, false);
    MeasurePlan plan;
    plan.count = 3;
    const auto refuse = [](std::size_t, const net::Endpoint&, const MeasurePlan&,
                           Measured&) -> net::Result<std::unique_ptr<Lane>> {
        return net::fail(
            {net::platform::error_of(std::errc::network_unreachable), "connect", {}, {}, {}});
    };
    const auto refused = measurements->add({plan, 1, refuse, somewhere, {}, {}});
    const auto good = measurements->add({plan, 2, instant, somewhere, {}, {}});
    ASSERT_TRUE(measurements->start());
    ASSERT_TRUE(measurements->wait_until(net::deadline_in(60s)));
    EXPECT_FALSE(*measurements->outcome(refused));
    EXPECT_EQ((*measurements->outcome(good))->numbers.received, 3U);
}

// An endless run goes on trying, and reports the server as down meanwhile.
TEST_F(MeasureTest, AnEndlessRunTriesAgainToCreateItsLanes) {
    const auto measurements = create(1, true);
    std::atomic<int> tries = 0;
    const auto refuse_once = [&](std::size_t number, const net::Endpoint& server,
                                 const MeasurePlan& plan,
                                 Measured& measured) -> net::Result<std::unique_ptr<Lane>> {
        if (tries++ == 0)
            return net::fail(
                {net::platform::error_of(std::errc::network_unreachable), "connect", {}, {}, {}});
        return instant(number, server, plan, measured);
    };
    const auto number = measurements->add({every(10ms), 1, refuse_once, somewhere, {}, {}});
    ASSERT_TRUE(measurements->start());
    await([&] { return measurements->so_far(number).numbers.received > 0; });
    const Measured measured = measurements->so_far(number);
    EXPECT_EQ(tries, 2);
    EXPECT_EQ(measured.errors.size(), 1U);
    EXPECT_TRUE(measured.numbers.outages.is_up());
    EXPECT_GT(measured.numbers.outages.longest(measured.elapsed()), 0ns);
    stop_.raise();
    EXPECT_TRUE(measurements->wait_until(net::deadline_in(60s)));
}

}  // namespace
}  // namespace sockbox::probe
