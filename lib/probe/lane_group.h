// The lanes of one server that one thread uses: when they send, and what they have measured.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "net/streams.h"
#include "probe/address_choice.h"
#include "probe/lane.h"
#include "probe/lane_poll.h"
#include "probe/measured.h"
#include "probe/plan.h"

namespace sockbox::probe {

// The name of a server, which an endless run looks up again.
struct ServerName {
    std::string host;
    std::uint16_t port = 0;
    net::Family family = net::Family::any;
    net::Transport transport = net::Transport::udp;
    std::chrono::nanoseconds timeout{std::chrono::seconds(12)};  // of a lookup
    std::chrono::nanoseconds every{std::chrono::minutes(1)};     // 0: not again
};

// What became of the address of a server in an endless run.
struct ServerChange {
    std::optional<net::Endpoint> from{};  // nullopt: there was none
    std::optional<net::Endpoint> to{};    // in use now; the same as before: see `error`
    // Why a lookup failed, or the address before could not be used. Empty: a lookup succeeded.
    net::Error error{};
};

// A server and how to measure it.
struct TargetPlan {
    MeasurePlan plan;
    std::size_t lanes = 1;
    MakeLane make_lane;
    std::optional<net::Endpoint> server{};  // nullopt: to be looked up by `name`
    std::optional<ServerName> name{};       // only for an endless run
    // Called from a measuring thread when the address changes, and when a lookup fails unlike the
    // one before. May be empty.
    std::function<void(const ServerChange&)> on_change{};
};

// How many messages may be sent to a server, and until when. Shared by its groups.
class Budget {
  public:
    explicit Budget(const MeasurePlan& plan) : plan_(plan) {}

    // Called before anything is sent and after the lanes are open, because opening many lanes takes
    // time.
    void start();

    net::Clock::time_point begin() const { return begin_; }
    net::Clock::time_point counted_from() const { return counted_from_; }
    net::Clock::time_point end() const { return end_; }

    bool is_spent(net::Clock::time_point now) const {
        return now >= end_ || (plan_.count > 0 && counted_ >= plan_.count);
    }
    // Whether the time ran out before the count was reached.
    bool is_out_of_time(net::Clock::time_point now) const {
        return now >= end_ && (plan_.count == 0 || counted_ < plan_.count);
    }

    // The next message; nullopt if all have been sent.
    std::optional<Message> take(net::Clock::time_point due, net::Clock::time_point now);

  private:
    // Keeps warm-up sequence numbers apart from those that are counted.
    static constexpr std::uint64_t warm_up_bit = std::uint64_t{1} << 63;

    const MeasurePlan& plan_;
    net::Clock::time_point begin_{};
    net::Clock::time_point counted_from_{};
    net::Clock::time_point end_{};
    std::atomic<std::uint64_t> counted_{0};
    std::atomic<std::uint64_t> warm_up_{0};
};

// The address that all groups of a server use. Its version grows with each change. Any thread may
// call the methods.
class SharedAddress {
  public:
    std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }
    std::optional<net::Endpoint> get() const {
        const std::lock_guard lock(mutex_);
        return address_;
    }
    void set(const net::Endpoint& address) {
        const std::lock_guard lock(mutex_);
        address_ = address;
        version_.fetch_add(1, std::memory_order_release);
    }

  private:
    mutable std::mutex mutex_;
    std::optional<net::Endpoint> address_;
    std::atomic<std::uint64_t> version_{0};
};

// Used by one thread at a time.
class LaneGroup {
  public:
    // Group `group` of the `groups` of a server, with every `groups`-th lane.
    struct Number {
        std::size_t target;
        std::size_t group;
        std::size_t groups;
    };
    // All references must outlive the object.
    LaneGroup(const TargetPlan& target, Budget& budget, SharedAddress& address,
              const Number& number);

    const Number& number() const { return number_; }

    // Creates the lanes if the address is known; fails if one cannot be created. An endless run
    // creates them in turn(), as soon as it can.
    net::Status create_lanes();
    std::vector<Lane*> lanes() const;

    // Called after the budget has been started.
    void begin();

    // Gives up what has expired, sends what is due, and keeps `poll` in step with the sockets.
    // `awake_at` is when the thread's latest wait was to end.
    void turn(net::Clock::time_point now, net::Clock::time_point awake_at, LanePoll& poll);

    // When the next turn is due if no lane is ready before. Called once after each turn().
    net::Deadline next_turn(net::Clock::time_point now);
    bool is_over(net::Clock::time_point now) const;
    // Ends the run: counts what is outstanding as pending, and closes the sockets.
    void conclude(LanePoll& poll);

    // Whether a lookup of name() is due, which is then to be made and its outcome given to
    // take_answer(). Only the first group of an endless run wants any.
    bool take_lookup(net::Clock::time_point now);
    const ServerName& name() const { return *target_.name; }
    void take_answer(const net::Result<std::vector<net::Endpoint>>& answer,
                     net::Clock::time_point now);

    // What was measured so far, with what the lanes keep for themselves.
    Measured so_far() const;
    // Complete after conclude().
    Measured& measured() { return measured_; }

    // A lane, which is watched with this as the owner.
    struct Slot {
        LaneGroup* group;
        std::unique_ptr<Lane> lane;
        net::Clock::time_point due;  // with an interval: when it sends next
        Watched watched{};
        bool touched = false;  // takes part in this turn: is in touched_
    };

    // Makes a lane that has been ready take part in the next turn. The others take part only if one
    // of them has something to do, because a run may have thousands.
    void touch(Slot& slot);

    // For the loop that the group belongs to.
    struct Place {
        net::Deadline wake = net::no_deadline;  // not after next_turn()
        bool touched = false;                   // takes part in this turn
        bool leaving = false;                   // is to end now
    };
    Place place{};

  private:
    net::Status add_lane(std::size_t number, const net::Endpoint& server);
    net::Clock::time_point first_due(net::Clock::time_point now) const;
    bool is_behind() const;
    void follow_address(net::Clock::time_point now);
    void cannot_use(const net::Error& error, net::Clock::time_point now);
    void note_outage();
    void report(const ServerChange& change);
    void touch_all();
    void expire(net::Clock::time_point now);
    void watch(LanePoll& poll);
    net::Deadline next_turn_of_lanes(net::Clock::time_point now);
    net::Clock::time_point due_of(std::uint64_t slot) const;
    void go_to_slot(std::uint64_t slot);
    std::uint64_t skip_slots(net::Clock::time_point until);
    void miss_slots(net::Clock::time_point until);
    void send_what_is_due(net::Clock::time_point now, net::Clock::time_point awake_at);
    void refuse_what_is_due(net::Clock::time_point now);
    void send_on_schedule(net::Clock::time_point now, net::Clock::time_point awake_at);
    void count_missed_slots();
    bool can_send_in_interval(const Lane& lane, net::Clock::time_point now) const;
    void send_in_interval(Slot& slot, net::Clock::time_point& due, net::Clock::time_point now);
    void send_in_turn(net::Clock::time_point now);
    bool is_waiting() const;
    Slot* next_free(net::Clock::time_point now);
    std::optional<Message> next_message(net::Clock::time_point due, net::Clock::time_point now);
    bool send(Slot& slot, net::Clock::time_point due, net::Clock::time_point now);
    std::chrono::nanoseconds duration() const;

    const TargetPlan& target_;
    const MeasurePlan& plan_;
    Budget& budget_;
    SharedAddress& address_;
    const Number number_;
    Measured measured_;
    std::vector<Slot> slots_;  // never grows once a lane is watched
    std::vector<Slot*> touched_;
    net::Deadline lanes_due_{};  // when the other ones have something to do, or before
    bool is_concluded_ = false;
    std::optional<net::Clock::time_point> latest_;  // when a counted message was last due to leave
    std::optional<net::Error> unusable_;  // why there are no lanes, although there is an address
    std::optional<AddressChoice> choice_;
    std::uint64_t version_ = 0;       // of the address in use
    std::uint64_t replies_seen_ = 0;  // by choice_
    // When the lanes of an endless run may be created. If those of many servers were created at the
    // same time, the messages of all would be late.
    net::Clock::time_point next_try_{};
    std::string latest_failure_;         // of a lookup
    std::size_t turn_ = 0;               // the slot that takes the next message, if they take turns
    net::Clock::time_point turn_due_{};  // with plan_.turns and an interval: when it takes it
    bool cut_short_ = false;             // more is due than one burst sends
    std::uint64_t next_due_slot_ = 0;    // of the schedule of all groups
    net::Clock::time_point next_due_{};
};

}  // namespace sockbox::probe
