// Tests of the schedule of lib/probe/lane_group, with lanes that answer at once.
#include <gtest/gtest.h>

#include <cmath>

#include "net/streams.h"
#include "probe/measure.h"

namespace sockbox::probe {
namespace {

using namespace std::chrono_literals;

// Blocks the measuring thread, as if the program were suspended.
void suspend(std::chrono::milliseconds time) {
    const net::Socket silent = *net::bind_datagram(net::Endpoint::loopback(net::Family::ipv4));
    (void)net::wait_for(silent, net::Direction::receive, net::deadline_in(time));
}

// Records when messages are due, and is suspended once, at one of them.
class Recorder final : public Lane {
  public:
    // The vectors receive when each message was due, and when its time began.
    Recorder(Measured& measured, std::vector<net::Clock::time_point>& due,
             std::vector<net::Clock::time_point>& taken, std::size_t suspended_at)
        : measured_(measured), due_(due), taken_(taken), suspended_at_(suspended_at) {}
    // Appends `number` to `takers` for each message.
    void sign(std::size_t number, std::vector<std::size_t>& takers) {
        number_ = number;
        takers_ = &takers;
    }

    net::NativeSocket native() const override { return net::invalid_socket; }
    std::uint64_t sockets_used() const override { return 0; }
    net::Status move_to(const net::Endpoint& /*server*/) override { return {}; }
    bool waits_to_send() const override { return false; }
    bool can_take(net::Clock::time_point /*now*/) const override { return true; }
    bool is_dead() const override { return false; }
    std::size_t outstanding() const override { return 0; }
    net::Deadline next_expiry() const override { return net::no_deadline; }
    void take(const Message& message, net::Clock::time_point now) override {
        due_.push_back(message.due);
        taken_.push_back(now);
        if (takers_ != nullptr)
            takers_->push_back(number_);
        if (due_.size() == suspended_at_)
            suspend(500ms);
        ++measured_.numbers.sent;
        measured_.answered(now, 1us);
    }
    void on_ready(int /*events*/, net::Clock::time_point /*ready_at*/,
                  std::span<std::byte> /*room*/) override {}
    void expire(net::Clock::time_point /*now*/) override {}
    void conclude() override {}

  private:
    Measured& measured_;
    std::vector<net::Clock::time_point>& due_;
    std::vector<net::Clock::time_point>& taken_;
    const std::size_t suspended_at_;
    std::size_t number_ = 0;
    std::vector<std::size_t>* takers_ = nullptr;
};

struct Scheduled {
    Measured measured{};
    std::vector<net::Clock::time_point> due{};
    std::vector<net::Clock::time_point> taken{};
    std::vector<std::size_t> takers{};  // the lane of each message
    const stats::Measurement& numbers() const { return measured.numbers; }
};

Scheduled run(const MeasurePlan& plan, std::size_t suspended_at = 0, std::size_t lanes = 1) {
    Scheduled run;
    const auto make_lane = [&](std::size_t number, const net::Endpoint&, const MeasurePlan&,
                               Measured& measured) -> net::Result<std::unique_ptr<Lane>> {
        auto lane = std::make_unique<Recorder>(measured, run.due, run.taken, suspended_at);
        lane->sign(number, run.takers);
        return lane;
    };
    const auto stop = net::StopSignal::create();
    auto measurements = *Measurements::create({}, *stop);
    const auto number = measurements->add(
        {plan, lanes, make_lane, net::Endpoint::loopback(net::Family::ipv4, 7), {}, {}});
    EXPECT_TRUE(measurements->start());
    measurements->wait_until(net::no_deadline);
    run.measured = **measurements->outcome(number);
    return run;
}

// Every message is due at a whole multiple of the period from the start, to the nanosecond, even if
// the period is no whole number of nanoseconds.
TEST(Schedule, DoesNotDrift) {
    for (const double rate : {3.0, 700'000.0, 99'999'999.0}) {
        MeasurePlan plan;
        plan.rate = rate;
        plan.count = rate < 10 ? 4 : 20'000;
        const Scheduled ran = run(plan);
        ASSERT_EQ(ran.due.size(), plan.count);
        for (const auto& due : ran.due) {
            const auto ns = static_cast<double>((due - ran.measured.begin).count());
            const double slot = std::round(ns * rate / 1e9);
            ASSERT_EQ(ns, std::round(slot * 1e9 / rate)) << rate;
        }
    }
}

// What came due in the meantime is missed, not sent in a burst.
TEST(Schedule, SlotsDuringASuspensionAreMissed) {
    MeasurePlan plan;
    plan.rate = 200;
    plan.time = 2s;
    const Scheduled ran = run(plan, 20);
    EXPECT_GE(ran.numbers().missed_slots, 90U);
    EXPECT_EQ(ran.numbers().sent + ran.numbers().missed_slots, 400U) << "no slot is forgotten";
    for (std::size_t i = 1; i < ran.due.size(); ++i)
        EXPECT_LT(ran.due[i - 1], ran.due[i]);
    EXPECT_GE(ran.due[20] - ran.due[19], 490ms);
}

TEST(Schedule, AnIntervalSkipsThemToo) {
    MeasurePlan plan;
    plan.interval = 5ms;
    plan.time = 1s;
    const Scheduled ran = run(plan, 20);
    EXPECT_GE(ran.numbers().missed_slots, 90U);
    EXPECT_LE(ran.numbers().sent + ran.numbers().missed_slots, 201U);
}

// The interval and the rate are those of all lanes together, and each sends in its turn.
TEST(Schedule, LanesThatTakeTurnsShareAnInterval) {
    for (const bool open_loop : {false, true}) {
        MeasurePlan plan;
        plan.count = 40;
        plan.turns = 8;
        plan.interval = open_loop ? 0ms : 5ms;
        plan.rate = open_loop ? 200 : 0;
        const Scheduled ran = run(plan, 0, 8);
        ASSERT_EQ(ran.takers.size(), 40U);
        for (std::size_t i = 0; i < ran.takers.size(); ++i)
            EXPECT_EQ(ran.takers[i], i % 8) << i;
        EXPECT_GE(ran.taken.back() - ran.taken.front(), 190ms);
    }
}

TEST(Schedule, LanesThatTakeTurnsFollowEachOtherAtOnceWithoutAnInterval) {
    MeasurePlan plan;
    plan.count = 40;
    plan.turns = 8;
    const Scheduled ran = run(plan, 0, 8);
    ASSERT_EQ(ran.takers.size(), 40U);
    for (std::size_t i = 0; i < ran.takers.size(); ++i)
        EXPECT_EQ(ran.takers[i], i % 8) << i;
}

// Else it would contain what sending the others' messages took.
TEST(Schedule, TheTimeOfAMessageBeginsAfterOtherLanesHaveSent) {
    MeasurePlan plan;
    plan.count = 2;
    plan.interval = 1h;
    const Scheduled ran = run(plan, 1, 2);
    ASSERT_EQ(ran.taken.size(), 2U);
    EXPECT_GE(ran.taken[1] - ran.taken[0], 490ms);
}

// So that those of many servers are not all created at once.
TEST(Schedule, AnEndlessRunCreatesLanesNoEarlierThanTheyAreDue) {
    auto stop = net::StopSignal::create();
    auto measurements = *Measurements::create({}, *stop);
    std::vector<net::Clock::time_point> created;
    std::vector<net::Clock::time_point> ignored;
    const auto make_lane = [&](std::size_t, const net::Endpoint&, const MeasurePlan&,
                               Measured& measured) -> net::Result<std::unique_ptr<Lane>> {
        created.push_back(net::Clock::now());
        if (created.size() == 2)
            stop->raise();
        return std::make_unique<Recorder>(measured, ignored, ignored, 0);
    };
    const auto began = net::Clock::now();
    for (const auto delay : {200ms, 0ms}) {
        MeasurePlan plan;
        plan.interval = 1s;
        plan.delay = delay;
        measurements->add(
            {plan, 1, make_lane, net::Endpoint::loopback(net::Family::ipv4, 7), {}, {}});
    }
    EXPECT_TRUE(measurements->start());
    measurements->wait_until(net::no_deadline);
    ASSERT_EQ(created.size(), 2U);
    EXPECT_GE(created[1] - began, 200ms);
}

}  // namespace
}  // namespace sockbox::probe
