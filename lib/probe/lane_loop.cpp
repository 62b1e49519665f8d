// Waits for whatever comes first: a socket, a message that is due, a timeout or an answer.
#include "probe/lane_loop.h"

#include <algorithm>

namespace sockbox::probe {
namespace {

using net::Clock;
using namespace std::chrono_literals;

// Bounds the delay until a change made by another thread is noticed.
constexpr auto longest_wait = 100ms;
// How often answers to lookups, which come from other threads, are looked for.
constexpr auto lookup_wait = 5ms;
constexpr std::size_t max_lookups = 16;  // at a time, each on a thread of its own

}  // namespace

net::Result<std::unique_ptr<LaneLoop>> LaneLoop::create(const net::StopSignal& stop,
                                                        std::chrono::nanoseconds spin,
                                                        std::function<void(LaneGroup&)> ended) {
    auto poll = LanePoll::create(stop.waitable());
    if (!poll)
        return net::fail(poll.error());
    return std::unique_ptr<LaneLoop>(new LaneLoop(stop, spin, std::move(ended), std::move(*poll)));
}

void LaneLoop::add(LaneGroup& group) {
    const std::lock_guard lock(turn_);
    schedule(group, Clock::now());
    if (is_over_)
        end(group);
}

void LaneLoop::remove(LaneGroup& group) {
    const std::lock_guard lock(turn_);
    if (!by_wake_.contains({group.place.wake, &group}))
        return;  // it has ended
    group.place.leaving = true;
    schedule(group, Clock::now());
}

void LaneLoop::run(bool lasting) {
    net::disable_timer_slack();
    awake_at_ = Clock::now();
    std::span<const LanePoll::Ready> ready;
    auto ready_at = awake_at_;
    for (;;) {
        const auto began = Clock::now();
        net::Deadline until;
        {
            const std::lock_guard lock(turn_);
            take_turn(ready, ready_at);
            if (stop_.raised() || (by_wake_.empty() && !lasting))
                break;
            until = next_wake(began);
        }
        awake_at_ = std::max(began, until);
        spin_.wait(until, [&](net::Deadline deadline) {
            ready = poll_->wait(deadline);
            ready_at = Clock::now();
            return !ready.empty();
        });
    }
    const std::lock_guard lock(turn_);
    is_over_ = true;
    while (!by_wake_.empty())
        end(*by_wake_.begin()->second);
}

void LaneLoop::take_turn(std::span<const LanePoll::Ready> ready, Clock::time_point ready_at) {
    for (const auto& [owner, events] : ready) {
        auto& slot = *static_cast<LaneGroup::Slot*>(owner);
        slot.lane->on_ready(events, ready_at, room_.bytes());
        slot.group->touch(slot);
        touch(*slot.group);
    }
    const auto now = Clock::now();
    take_answers(now);
    for (auto next = by_wake_.begin(); next != by_wake_.end() && next->first <= now; ++next)
        touch(*next->second);
    for (LaneGroup* group : touched_)
        serve(*group, now);
    touched_.clear();
    start_lookups(now);
}

void LaneLoop::touch(LaneGroup& group) {
    if (!std::exchange(group.place.touched, true))
        touched_.push_back(&group);
}

void LaneLoop::serve(LaneGroup& group, Clock::time_point now) {
    group.place.touched = false;
    if (!stop_.raised())
        group.turn(now, awake_at_, *poll_);
    if (group.is_over(now))
        return end(group);
    if (group.take_lookup(now))
        wanting_lookup_.push_back(&group);
    // A group that wakes later than planned takes part in one more turn in between.
    const net::Deadline wake = group.next_turn(now);
    if (wake < group.place.wake || group.place.wake <= now)
        schedule(group, wake);
}

void LaneLoop::schedule(LaneGroup& group, net::Deadline wake) {
    auto node = by_wake_.extract({group.place.wake, &group});
    group.place.wake = wake;
    if (!node.empty()) {
        node.value().first = wake;
        by_wake_.insert(std::move(node));
    } else {
        by_wake_.insert({wake, &group});
    }
}

void LaneLoop::end(LaneGroup& group) {
    by_wake_.erase({group.place.wake, &group});
    std::erase(wanting_lookup_, &group);
    std::erase_if(asked_, [&](const Asked& asked) { return asked.group == &group; });
    group.conclude(*poll_);
    ended_(group);
}

void LaneLoop::start_lookups(Clock::time_point now) {
    while (!wanting_lookup_.empty() && asked_.size() < max_lookups) {
        LaneGroup* group = wanting_lookup_.front();
        wanting_lookup_.pop_front();
        const ServerName& name = group->name();
        asked_.push_back({group,
                          HostLookup(name.host, name.port, name.family, name.transport,
                                     HostLookup::Families::together),
                          net::deadline_after(now, name.timeout), &name});
    }
}

void LaneLoop::take_answers(Clock::time_point now) {
    std::erase_if(asked_, [&](Asked& asked) {
        auto answers = asked.lookup.take();
        if (answers.empty() && now < asked.until)
            return false;
        if (answers.empty())
            asked.group->take_answer(
                net::fail(lookup_timed_out(asked.name->host, asked.name->timeout)), now);
        else
            asked.group->take_answer(answers.front().endpoints, now);
        touch(*asked.group);
        return true;
    });
}

net::Deadline LaneLoop::next_wake(Clock::time_point now) const {
    const net::Deadline latest = now + (asked_.empty() ? longest_wait : lookup_wait);
    return by_wake_.empty() ? latest : std::min(latest, by_wake_.begin()->first);
}

}  // namespace sockbox::probe
