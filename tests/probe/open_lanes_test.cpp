// Tests of lib/probe/open_lanes.
#include "probe/open_lanes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "net/streams.h"

namespace sockbox::probe {
namespace {

// State shared by all lanes of a test.
struct World {
    std::size_t answers_from = 0;  // no lane connects before this many have been opened
    std::vector<std::size_t> opened{};
    std::size_t under_way = 0;
    std::size_t max_under_way = 0;
};

// Its socket is always writable, so on_ready() is called in every turn.
class Connecting final : public Lane {
  public:
    Connecting(World& world, std::size_t number) : world_(world), number_(number) {}

    void open() override {
        world_.opened.push_back(number_);
        world_.max_under_way = std::max(world_.max_under_way, ++world_.under_way);
        opening_ = true;
    }
    bool is_opening() const override { return opening_; }
    void on_ready(int /*events*/, net::Clock::time_point /*ready_at*/,
                  std::span<std::byte> /*room*/) override {
        if (world_.opened.size() < world_.answers_from)
            return;
        opening_ = false;
        --world_.under_way;
    }

    net::NativeSocket native() const override { return socket_.native(); }
    std::uint64_t sockets_used() const override { return 1; }
    net::Status move_to(const net::Endpoint& /*server*/) override { return {}; }
    bool waits_to_send() const override { return opening_; }
    bool can_take(net::Clock::time_point /*now*/) const override { return false; }
    bool is_dead() const override { return false; }
    std::size_t outstanding() const override { return 0; }
    net::Deadline next_expiry() const override { return net::no_deadline; }
    void take(const Message& /*message*/, net::Clock::time_point /*now*/) override {}
    void expire(net::Clock::time_point /*now*/) override {}
    void conclude() override {}

  private:
    World& world_;
    const std::size_t number_;
    bool opening_ = false;
    const net::Socket socket_ = *net::bind_datagram(net::Endpoint::loopback(net::Family::ipv4));
};

class OpenLanes : public testing::Test {
  protected:
    void add(std::size_t count, World& world) {
        for (std::size_t number = 0; number < count; ++number) {
            lanes_.push_back(std::make_unique<Connecting>(world, number));
            pointers_.push_back(lanes_.back().get());
        }
    }

    net::StopSignal stop_ = *net::StopSignal::create();
    std::vector<std::unique_ptr<Lane>> lanes_;
    std::vector<Lane*> pointers_;
};

TEST_F(OpenLanes, GoInTheirOrderAFewAtATime) {
    World world{64};
    add(200, world);
    open_lanes(pointers_, stop_);
    EXPECT_EQ(world.opened.size(), 200U);
    EXPECT_TRUE(std::ranges::is_sorted(world.opened));
    EXPECT_EQ(world.max_under_way, 64U);
    EXPECT_EQ(world.under_way, 0U);
}

TEST_F(OpenLanes, AreLookedAtBetweenOneAndTheNext) {
    World world{0};
    add(100, world);
    open_lanes(pointers_, stop_);
    EXPECT_EQ(world.opened.size(), 100U);
    EXPECT_EQ(world.max_under_way, 1U) << "none waited for another";
}

// The measurement continues with lanes that are still connecting.
TEST_F(OpenLanes, AreOpenedAllAtOnceIfNoneConnects) {
    World world{1000};
    add(100, world);
    open_lanes(pointers_, stop_);
    EXPECT_EQ(world.opened.size(), 100U);
    EXPECT_EQ(world.under_way, 100U);
}

TEST_F(OpenLanes, AreLeftWhenItIsStopped) {
    World world{1000};
    add(100, world);
    stop_.raise();
    open_lanes(pointers_, stop_);
    EXPECT_TRUE(world.opened.empty());
}

}  // namespace
}  // namespace sockbox::probe
