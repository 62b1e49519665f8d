// Whether a server answers, and for how long it has not.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace sockbox::stats {

// All times are since the start of the run. Not synchronized; merge() combines the threads of a
// run.
class Outages {
  public:
    // A message was answered.
    void answered(std::chrono::nanoseconds at) noexcept {
        if (down_since_)
            longest_ = std::max(longest_, at - *down_since_);
        down_since_.reset();
        last_reply_ = at;
    }

    // A message that was due at `at` has not been answered, or could not be sent. An outage begins
    // unless a later message has been answered already.
    void missed(std::chrono::nanoseconds at) noexcept {
        if (last_reply_ && *last_reply_ >= at)
            return;
        down_since_ = std::min(at, down_since_.value_or(at));
    }

    // Whether something was answered, and nothing was missed since.
    bool is_up() const noexcept { return last_reply_ && !down_since_; }
    // nullopt if nothing was answered.
    std::optional<std::chrono::nanoseconds> last_reply() const noexcept { return last_reply_; }

    // When the earliest of those missed was due; nullopt if is_up(), or before the first message.
    std::optional<std::chrono::nanoseconds> down_since() const noexcept { return down_since_; }

    // The longest time from the first missed message of an outage to the next reply; one that goes
    // on lasts until `now`.
    std::chrono::nanoseconds longest(std::chrono::nanoseconds now) const noexcept {
        return down_since_ ? std::max(longest_, now - *down_since_) : longest_;
    }

    // Combines the outages of two threads: the later state wins, and the longer outage.
    void merge(const Outages& other) noexcept {
        longest_ = std::max(longest_, other.longest_);
        const auto down = std::max(down_since_, other.down_since_);
        last_reply_ = std::max(last_reply_, other.last_reply_);
        down_since_.reset();
        if (down)
            missed(*down);
    }

  private:
    std::optional<std::chrono::nanoseconds> last_reply_;
    std::optional<std::chrono::nanoseconds> down_since_;
    std::chrono::nanoseconds longest_{0};
};

}  // namespace sockbox::stats
