// When the lanes of a server send, and where to.
#include "probe/lane_group.h"

#include <algorithm>

#include "text/text.h"

namespace sockbox::probe {
namespace {

using net::Clock;
using namespace std::chrono_literals;

constexpr std::size_t longest_burst = 64;
// A turn or a send this late means that the program, or the machine, was suspended.
constexpr auto longest_stall = 100ms;
// How soon to look again at a lane that neither sends nor waits: between two connections, or after
// the system refused to send.
constexpr auto idle_look = 10ms;
// Between two tries to create the lanes of an endless run.
constexpr auto creation_pause = 1s;
constexpr int grid_points = 256;  // in an interval

}  // namespace

void Budget::start() {
    begin_ = Clock::now();
    counted_from_ = net::deadline_after(begin_, plan_.warmup);
    end_ =
        plan_.time.count() > 0 ? net::deadline_after(counted_from_, plan_.time) : net::no_deadline;
}

std::optional<Message> Budget::take(Clock::time_point due, Clock::time_point now) {
    if (now >= end_)
        return std::nullopt;
    const bool counted = due >= counted_from_;
    if (!counted)
        return Message{warm_up_bit | warm_up_++, due, false};
    const std::uint64_t ticket = counted_++;
    if (plan_.count > 0 && ticket >= plan_.count)
        return std::nullopt;
    return Message{plan_.first_sequence + ticket, due, true};
}

LaneGroup::LaneGroup(const TargetPlan& target, Budget& budget, SharedAddress& address,
                     const Number& number)
    : target_(target),
      plan_(target.plan),
      budget_(budget),
      address_(address),
      number_(number),
      measured_(target.plan.detail) {
    measured_.numbers.open_loop = plan_.rate > 0;
    const std::size_t lanes = (target.lanes - number.group + number.groups - 1) / number.groups;
    slots_.reserve(lanes);
    touched_.reserve(lanes);
}

net::Status LaneGroup::add_lane(std::size_t number, const net::Endpoint& server) {
    auto lane = target_.make_lane(number, server, plan_, measured_);
    if (!lane)
        return net::fail(lane.error());
    slots_.push_back({this, std::move(*lane), first_due(Clock::now())});
    return {};
}

// With many servers, on a grid that all with the same interval share: several are then due at once,
// and the thread wakes up less often.
Clock::time_point LaneGroup::first_due(Clock::time_point now) const {
    const auto step = plan_.interval / grid_points;
    if (plan_.delay.count() == 0 || step.count() == 0)
        return now;
    return now + step - now.time_since_epoch() % step;
}

net::Status LaneGroup::create_lanes() {
    const std::uint64_t version = address_.version();
    const auto server = address_.get();
    if (!server)
        return {};
    measured_.server = server;
    net::Status done;
    for (std::size_t i = number_.group; done && i < target_.lanes; i += number_.groups)
        done = add_lane(i, *server);
    if (!done) {
        slots_.clear();
        return done;
    }
    version_ = version;
    turn_due_ = first_due(Clock::now());
    return {};
}

std::vector<Lane*> LaneGroup::lanes() const {
    std::vector<Lane*> found;
    for (const Slot& slot : slots_)
        found.push_back(slot.lane.get());
    return found;
}

// In a closed loop each lane's first message is due as soon as its thread runs, or after the delay;
// in an open loop all groups share one schedule.
void LaneGroup::begin() {
    const auto now = Clock::now();
    measured_.begin = budget_.counted_from();
    turn_due_ = net::deadline_after(now, plan_.delay);
    for (Slot& slot : slots_)
        slot.due = turn_due_;
    if (plan_.rate > 0)
        go_to_slot(number_.group);
    if (!plan_.is_endless())
        return;
    const auto server = address_.get();
    measured_.server = server;
    next_try_ = net::deadline_after(now, plan_.delay);
    if (number_.group == 0)
        choice_.emplace(AddressChoiceOptions{target_.name ? target_.name->every : 0s, plan_.timeout,
                                             target_.name.has_value()},
                        server, now);
    if (!server)
        measured_.numbers.outages.missed(0ns);
}

void LaneGroup::turn(Clock::time_point now, Clock::time_point awake_at, LanePoll& poll) {
    if (lanes_due_ <= now)
        touch_all();
    expire(now);
    follow_address(now);
    if (unusable_)
        refuse_what_is_due(now);
    else
        send_what_is_due(now, awake_at);
    note_outage();
    watch(poll);
}

void LaneGroup::touch(Slot& slot) {
    if (!std::exchange(slot.touched, true))
        touched_.push_back(&slot);
}

void LaneGroup::touch_all() {
    lanes_due_ = net::no_deadline;
    for (Slot& slot : slots_)
        touch(slot);
}

void LaneGroup::expire(Clock::time_point now) {
    for (const Slot* slot : touched_)
        if (slot->lane->next_expiry() <= now)
            slot->lane->expire(now);
}

// A lane whose socket cannot be watched still notices its timeouts.
void LaneGroup::watch(LanePoll& poll) {
    for (Slot* slot : touched_) {
        const Lane& lane = *slot->lane;
        const Watched wanted{slot, lane.native(), lane.sockets_used(),
                             static_cast<short>(POLLIN | (lane.waits_to_send() ? POLLOUT : 0)),
                             lane.reads_all()};
        if (slot->watched != wanted)
            if (const auto watched = poll.update(slot->watched, wanted); !watched)
                measured_.failed(watched.error());
    }
}

// Whether there is an address that the lanes do not use yet.
bool LaneGroup::is_behind() const {
    return plan_.is_endless() && address_.version() != version_;
}

void LaneGroup::follow_address(Clock::time_point now) {
    if (!is_behind() || now < next_try_)
        return;
    const std::uint64_t version = address_.version();
    const auto server = address_.get();
    net::Status done = slots_.empty() ? create_lanes() : net::Status();
    for (const Slot& slot : slots_)
        if (done && version_ != version)
            done = slot.lane->move_to(*server);
    touch_all();
    measured_.server = server;
    if (!done)
        return cannot_use(done.error(), now);
    version_ = version;
    unusable_.reset();
}

void LaneGroup::cannot_use(const net::Error& error, Clock::time_point now) {
    next_try_ = now + creation_pause;
    if (slots_.empty())
        unusable_ = error;
    measured_.failed(error);
    measured_.numbers.outages.missed(now - measured_.begin);
    if (!choice_ || !choice_->try_next())
        return;
    next_try_ = now;
    report({measured_.server, choice_->address(), error});
    address_.set(*choice_->address());
}

void LaneGroup::report(const ServerChange& change) {
    if (target_.on_change)
        target_.on_change(change);
}

void LaneGroup::note_outage() {
    if (!choice_)
        return;
    if (measured_.replies() != replies_seen_)
        choice_->heard();
    else if (const auto since = measured_.numbers.outages.down_since())
        choice_->missed(measured_.begin + *since);
    replies_seen_ = measured_.replies();
}

bool LaneGroup::take_lookup(Clock::time_point now) {
    if (!choice_ || choice_->next_lookup() > now)
        return false;
    choice_->lookup_began();
    return true;
}

void LaneGroup::take_answer(const net::Result<std::vector<net::Endpoint>>& answer,
                            Clock::time_point now) {
    const auto before = choice_->address();
    if (answer) {
        const bool has_changed = choice_->take_answer(*answer, now);
        const bool had_failed = !std::exchange(latest_failure_, {}).empty();
        if (has_changed || had_failed)
            report({before, choice_->address(), {}});
        if (has_changed)
            address_.set(*choice_->address());
        if (has_changed && !before)
            next_try_ = net::deadline_after(now, plan_.delay);
        return;
    }
    choice_->take_failure(now);
    ++measured_.numbers.resolve_failures;
    measured_.failed({answer.error().code, "resolve", {}, answer.error().reason(), {}});
    if (std::exchange(latest_failure_, answer.error().reason()) != answer.error().reason())
        report({before, before, answer.error()});
}

bool LaneGroup::is_over(Clock::time_point now) const {
    if (place.leaving)
        return true;
    if (slots_.empty() && plan_.is_endless())
        return false;
    const bool sending = !budget_.is_spent(now);
    return std::ranges::all_of(slots_, [&](const Slot& slot) {
        return slot.lane->outstanding() == 0 && (!sending || slot.lane->is_dead());
    });
}

// A message that is already due but was not sent is waiting for a lane, not for the clock.
net::Deadline LaneGroup::next_turn(Clock::time_point now) {
    lanes_due_ = std::min(lanes_due_, next_turn_of_lanes(now));
    if (cut_short_)
        return now;
    net::Deadline until = choice_ ? choice_->next_lookup() : net::no_deadline;
    if (is_behind())
        until = std::min(until, next_try_);
    if (unusable_)
        until = std::min(until, plan_.rate > 0 ? next_due_ : turn_due_);
    const bool sending = !budget_.is_spent(now);
    if (sending)
        until = std::min(until, budget_.end());
    if (sending && plan_.rate > 0 && next_due_ > now)
        until = std::min(until, next_due_);
    return std::min(until, lanes_due_);
}

// Of the lanes that took part in this turn.
net::Deadline LaneGroup::next_turn_of_lanes(Clock::time_point now) {
    net::Deadline until = net::no_deadline;
    const bool sending = !budget_.is_spent(now);
    const bool waiting = is_waiting();
    for (Slot* slot : touched_) {
        slot->touched = false;
        const Lane& lane = *slot->lane;
        until = std::min(until, lane.next_expiry());
        if (!sending || lane.is_dead())
            continue;
        if (can_send_in_interval(lane, now))
            until = std::min(until, plan_.turns > 0 ? turn_due_ : slot->due);
        else if (lane.outstanding() == 0 && !waiting)
            until = std::min(until, now + idle_look);
    }
    touched_.clear();
    return until;
}

// Computed from the start, not from the previous slot, so that rounding does not add up.
Clock::time_point LaneGroup::due_of(std::uint64_t slot) const {
    const double ns = static_cast<double>(slot) * 1e9 / plan_.rate;
    return budget_.begin() + std::chrono::nanoseconds(static_cast<std::int64_t>(ns + 0.5));
}

void LaneGroup::go_to_slot(std::uint64_t slot) {
    next_due_slot_ = slot;
    next_due_ = due_of(slot);
}

// Goes to the first of this group's slots at or after `until`; returns how many it skipped.
std::uint64_t LaneGroup::skip_slots(Clock::time_point until) {
    const std::uint64_t first = next_due_slot_;
    const auto groups = static_cast<double>(number_.groups);
    const double ahead = static_cast<double>((until - next_due_).count()) * plan_.rate / 1e9;
    if (ahead > 2 * groups)  // close to it, and from there by exact times
        go_to_slot(next_due_slot_ +
                   number_.groups * static_cast<std::uint64_t>(ahead / groups - 1));
    while (next_due_ < until)
        go_to_slot(next_due_slot_ + number_.groups);
    return (next_due_slot_ - first) / number_.groups;
}

// The same; those after the warm-up count as missed.
void LaneGroup::miss_slots(Clock::time_point until) {
    skip_slots(std::min(until, budget_.counted_from()));
    if (until > budget_.counted_from())
        measured_.numbers.missed_slots += skip_slots(until);
}

void LaneGroup::send_what_is_due(Clock::time_point now, Clock::time_point awake_at) {
    if (plan_.rate > 0)
        return send_on_schedule(now, awake_at);
    if (plan_.turns > 0)
        return send_in_turn(now);
    for (Slot* slot : touched_) {
        if (!slot->lane->can_take(now) || slot->due > now)
            continue;
        // Other lanes have sent since `now`.
        if (can_send_in_interval(*slot->lane, now))
            send_in_interval(*slot, slot->due, Clock::now());
        else if (slot->lane->outstanding() == 0)
            send(*slot, now, Clock::now());
    }
}

// Counts what is due as unsent, while there are no lanes.
void LaneGroup::refuse_what_is_due(Clock::time_point now) {
    const auto refuse = [&](Clock::time_point due) {
        if (const auto message = next_message(due, now))
            measured_.unsent(plan_, *message, *unusable_);
    };
    if (plan_.rate > 0) {
        if (now - next_due_ > longest_stall)
            miss_slots(now);
        for (; next_due_ <= now; go_to_slot(next_due_slot_ + number_.groups))
            refuse(next_due_);
        return;
    }
    if (turn_due_ > now)
        return;
    for (std::size_t lane = number_.group; lane < target_.lanes; lane += number_.groups)
        refuse(now);
    turn_due_ =
        net::deadline_after(now, plan_.interval.count() > 0 ? plan_.interval : creation_pause);
}

// Sends everything that is due, however late: the schedule does not wait for replies, which would
// be coordinated omission. Only what came due while this program itself was suspended is left out.
// After a burst the replies get a turn, or they would overflow the receive buffer.
void LaneGroup::send_on_schedule(Clock::time_point now, Clock::time_point awake_at) {
    if (now - awake_at > longest_stall && !budget_.is_spent(awake_at))
        miss_slots(std::min(now, budget_.end()));
    std::size_t sent = 0;
    while (next_due_ <= now && sent < longest_burst) {
        Slot* slot = next_free(now);
        if (slot == nullptr)
            break;
        if (!send(*slot, next_due_, now))
            break;
        if (next_due_ >= budget_.counted_from())
            measured_.numbers.slip.record(now - next_due_);
        go_to_slot(next_due_slot_ + number_.groups);
        const auto later = Clock::now();
        if (later - now > longest_stall)
            miss_slots(std::min(later, budget_.end()));
        now = later;
        ++sent;
    }
    cut_short_ = sent == longest_burst;
    if (sent > 0)
        for (const Slot& slot : slots_)
            slot.lane->flush();
}

// Counts scheduled sends that were due before the end but could not be sent by then.
void LaneGroup::count_missed_slots() {
    if (plan_.rate > 0 && budget_.is_out_of_time(Clock::now()))
        miss_slots(budget_.end());
}

bool LaneGroup::can_send_in_interval(const Lane& lane, Clock::time_point now) const {
    return plan_.interval.count() > 0 && lane.can_take(now) &&
           !(plan_.one_at_a_time && lane.outstanding() > 0);
}

// Skips slots that have already passed, so that a delay is not followed by a burst.
void LaneGroup::send_in_interval(Slot& slot, Clock::time_point& due, Clock::time_point now) {
    if (!send(slot, now, now))
        return;
    if (plan_.one_at_a_time) {
        due = net::deadline_after(now, plan_.interval);
        return;
    }
    const bool counted = now >= budget_.counted_from();
    if (counted)
        measured_.numbers.slip.record(now - due);
    due = net::deadline_after(due, plan_.interval);
    if (due < now) {
        const auto missed = (now - due) / plan_.interval;
        measured_.numbers.missed_slots += counted ? static_cast<std::uint64_t>(missed) : 0;
        due += missed * plan_.interval;
    }
}

void LaneGroup::send_in_turn(Clock::time_point now) {
    const bool has_interval = plan_.interval.count() > 0;
    if (has_interval ? turn_due_ > now : is_waiting())
        return;
    Slot* slot = next_free(now);
    if (slot != nullptr && has_interval)
        send_in_interval(*slot, turn_due_, Clock::now());
    else if (slot != nullptr)
        send(*slot, now, Clock::now());
}

// Whether no lane may send because another one's turn is not over.
bool LaneGroup::is_waiting() const {
    return plan_.turns > 0 && plan_.rate <= 0 && plan_.interval.count() == 0 &&
           std::ranges::any_of(slots_,
                               [](const Slot& slot) { return slot.lane->outstanding() > 0; });
}

LaneGroup::Slot* LaneGroup::next_free(Clock::time_point now) {
    for (std::size_t tried = 0; tried < slots_.size(); ++tried) {
        Slot& slot = slots_[turn_];
        turn_ = (turn_ + 1) % slots_.size();
        if (slot.lane->can_take(now))
            return &slot;
    }
    return nullptr;
}

std::optional<Message> LaneGroup::next_message(Clock::time_point due, Clock::time_point now) {
    const auto message = budget_.take(due, now);
    if (message && message->counted) {
        if (!latest_ && plan_.warmup.count() > 0)
            measured_.end_warmup();
        latest_ = now;
    }
    return message;
}

bool LaneGroup::send(Slot& slot, Clock::time_point due, Clock::time_point now) {
    const auto message = next_message(due, now);
    if (message) {
        slot.lane->take(*message, now);
        touch(slot);
    }
    return message.has_value();
}

// Once everything is sent, up to the latest reply: how long this client waits for those that never
// come is no part of the rate.
std::chrono::nanoseconds LaneGroup::duration() const {
    const auto now = Clock::now();
    if (!budget_.is_spent(now))
        return measured_.elapsed();
    const auto sent =
        budget_.is_out_of_time(now) ? budget_.end() : latest_.value_or(measured_.begin);
    return std::max(sent - measured_.begin, measured_.numbers.outages.last_reply().value_or(0ns));
}

void LaneGroup::conclude(LanePoll& poll) {
    for (Slot& slot : slots_) {
        slot.lane->conclude();
        (void)poll.update(slot.watched, {});
    }
    slots_.clear();
    count_missed_slots();
    measured_.numbers.duration = duration();
    is_concluded_ = true;
}

Measured LaneGroup::so_far() const {
    Measured copy = measured_;
    if (is_concluded_)
        return copy;
    for (const Slot& slot : slots_)
        slot.lane->add_results(copy);
    copy.numbers.duration = duration();
    if (slots_.empty() && !measured_.server)
        copy.phase = stats::Phase::resolving;
    else if (Clock::now() < measured_.begin)
        copy.phase = stats::Phase::warming_up;
    stats::Measurement& numbers = copy.numbers;
    numbers.pending = numbers.sent - std::min(numbers.sent, numbers.received + numbers.lost);
    return copy;
}

}  // namespace sockbox::probe
