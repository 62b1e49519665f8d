// The loop of one measuring thread, over any number of servers.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "net/signals.h"
#include "probe/lane_group.h"
#include "probe/lane_poll.h"
#include "probe/lookup/host_lookup.h"
#include "system/fair_mutex.h"
#include "system/memory.h"
#include "system/spin.h"

namespace sockbox::probe {

// A turn costs as much as the groups that are ready or due, not as many as there are.
class LaneLoop {
  public:
    // `ended` is called by the loop's thread for each group after its end. `stop` must outlive the
    // loop. Fails if no descriptor is left.
    static net::Result<std::unique_ptr<LaneLoop>> create(const net::StopSignal& stop,
                                                         std::chrono::nanoseconds spin,
                                                         std::function<void(LaneGroup&)> ended);

    // Adds a group, which has begun and must outlive its end. Any thread may call it; a loop that
    // runs notices within 100 ms, like the end of remove(), and one that has ended ends it at once.
    void add(LaneGroup& group);
    // Ends a group early. Any thread may call it.
    void remove(LaneGroup& group);

    // Serves all groups. Blocks until they have ended (if `lasting`, only until `stop` is raised),
    // and ends all that are left.
    void run(bool lasting);

    // Calls `visit` while the groups do not change. Any thread may call it.
    template <class Visit>
    auto between_turns(const Visit& visit) {
        const std::lock_guard lock(turn_);
        return visit();
    }

  private:
    struct Asked {
        LaneGroup* group;
        HostLookup lookup;
        net::Deadline until;
        const ServerName* name;
    };

    LaneLoop(const net::StopSignal& stop, std::chrono::nanoseconds spin,
             std::function<void(LaneGroup&)> ended, std::unique_ptr<LanePoll> poll)
        : stop_(stop), spin_(spin), ended_(std::move(ended)), poll_(std::move(poll)) {}

    void take_turn(std::span<const LanePoll::Ready> ready, net::Clock::time_point ready_at);
    void touch(LaneGroup& group);
    void serve(LaneGroup& group, net::Clock::time_point now);
    void schedule(LaneGroup& group, net::Deadline wake);
    void end(LaneGroup& group);
    void start_lookups(net::Clock::time_point now);
    void take_answers(net::Clock::time_point now);
    net::Deadline next_wake(net::Clock::time_point now) const;

    const net::StopSignal& stop_;
    net::Spin spin_;
    std::function<void(LaneGroup&)> ended_;
    std::unique_ptr<LanePoll> poll_;
    net::PageBuffer room_{65536};  // for what the lanes receive
    net::FairMutex turn_;          // held by the loop except while it waits
    std::set<std::pair<net::Deadline, LaneGroup*>> by_wake_;
    std::vector<LaneGroup*> touched_;
    std::deque<LaneGroup*> wanting_lookup_;
    std::list<Asked> asked_;
    net::Clock::time_point awake_at_{};  // when the latest wait was to end
    bool is_over_ = false;               // run() has ended all groups
};

}  // namespace sockbox::probe
