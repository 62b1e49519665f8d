// Waits for lanes with WSAPoll, whose set is built anew for each wait.
#include "probe/lane_poll.h"

#include <algorithm>
#include <mutex>
#include <vector>

#include "system/spin.h"

namespace sockbox::probe {
namespace {

class PolledLanes final : public LanePoll {
  public:
    explicit PolledLanes(net::NativeSocket stop) : stop_(stop) {}

    net::Status update(Watched& watched, const Watched& wanted) override {
        const std::lock_guard lock(mutex_);
        watched = wanted;
        const auto known = std::ranges::find(watched_, &watched);
        if (wanted.socket == net::invalid_socket) {
            if (known != watched_.end())
                watched_.erase(known);
        } else if (known == watched_.end()) {
            watched_.push_back(&watched);
        }
        return {};
    }

    std::span<const Ready> wait(net::Deadline deadline) override {
        entries_.assign(1, {stop_, POLLIN, 0});
        owners_.assign(1, nullptr);
        {
            const std::lock_guard lock(mutex_);
            for (const Watched* watched : watched_) {
                entries_.push_back({watched->socket, watched->events, 0});
                owners_.push_back(watched->owner);
            }
        }
        const auto left =
            deadline == net::long_ago ? net::Clock::duration::zero() : deadline - net::Clock::now();
        net::poll_precisely(entries_, std::max(left, net::Clock::duration::zero()));
        ready_.clear();
        for (std::size_t i = 1; i < entries_.size(); ++i)
            if (entries_[i].revents != 0)
                ready_.push_back({owners_[i], entries_[i].revents});
        return ready_;
    }

  private:
    const net::NativeSocket stop_;
    std::mutex mutex_;
    std::vector<Watched*> watched_;
    std::vector<net::PollEntry> entries_;
    std::vector<void*> owners_;
    std::vector<Ready> ready_;
};

}  // namespace

net::Result<std::unique_ptr<LanePoll>> LanePoll::create(net::NativeSocket stop) {
    return std::make_unique<PolledLanes>(stop);
}

}  // namespace sockbox::probe
