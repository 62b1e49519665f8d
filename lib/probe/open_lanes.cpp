// Opens lanes a few at a time.
#include "probe/open_lanes.h"

#include <algorithm>
#include <vector>

namespace sockbox::probe {
namespace {

using net::Clock;
using namespace std::chrono_literals;

constexpr std::size_t max_under_way = 64;  // half of a common listen backlog of 128
constexpr auto longest_silence = 1s;       // a lost SYN is first retransmitted after 1 s (RFC 6298)
constexpr auto longest_in_all = 30s;

class Opening {
  public:
    Opening(std::span<Lane* const> lanes, const net::StopSignal& stop)
        : left_(lanes), stop_(stop) {}

    void run() {
        const auto end = net::deadline_in(longest_in_all);
        while (!is_done() && !stop_.raised()) {
            if (may_open())
                open_next();
            const auto until = std::min(end, last_change_ + longest_silence);
            if (Clock::now() >= until)
                break;
            if (!under_way_.empty())
                wait(until);
        }
        while (!left_.empty() && !stop_.raised())
            open_next();
    }

  private:
    bool is_done() const { return left_.empty() && under_way_.empty(); }
    bool may_open() const { return !left_.empty() && under_way_.size() < max_under_way; }

    void open_next() {
        Lane* lane = left_.front();
        left_ = left_.subspan(1);
        lane->open();
        if (lane->is_opening())
            under_way_.push_back(lane);
    }

    // Only polls without waiting if another lane may be opened now.
    void wait(net::Deadline until) {
        entries_.assign(1, {stop_.waitable(), POLLIN, 0});
        for (const Lane* lane : under_way_) {
            entries_.push_back({lane->native(), POLLOUT, 0});
            until = std::min(until, lane->next_expiry());
        }
        const auto left = may_open() ? 0ns : until - Clock::now();
        const bool any =
            net::poll_precisely(entries_, std::max<std::chrono::nanoseconds>(left, 0ns)) > 0;
        const auto now = Clock::now();
        for (std::size_t i = 0; i < under_way_.size(); ++i)
            if (any && entries_[i + 1].revents != 0)
                under_way_[i]->on_ready(entries_[i + 1].revents, now, {});
            else if (under_way_[i]->next_expiry() <= now)
                under_way_[i]->expire(now);
        if (std::erase_if(under_way_, [](const Lane* lane) { return !lane->is_opening(); }) > 0)
            last_change_ = now;
    }

    std::span<Lane* const> left_;
    const net::StopSignal& stop_;
    std::vector<Lane*> under_way_;
    std::vector<net::PollEntry> entries_;
    Clock::time_point last_change_ = Clock::now();
};

}  // namespace

void open_lanes(std::span<Lane* const> lanes, const net::StopSignal& stop) {
    Opening(lanes, stop).run();
}

}  // namespace sockbox::probe
