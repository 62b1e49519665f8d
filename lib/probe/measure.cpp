// The threads of a measurement: when to send, what to wait for and when to end.
#include "probe/measure.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "system/clock.h"
#include "system/spin.h"
#include "system/thread.h"

namespace sockbox::probe {
namespace {

using net::Clock;

// Shared by the threads: how many messages may be sent, and until when.
class Budget {
  public:
    explicit Budget(const MeasurePlan& plan) : plan_(plan) {}

    // Called before the threads start and after all lanes are open, because opening many lanes
    // takes time.
    void start() {
        begin_ = Clock::now();
        counted_from_ = begin_ + plan_.warmup;
        end_ = ending(plan_, counted_from_);
    }

    Clock::time_point begin() const { return begin_; }
    Clock::time_point counted_from() const { return counted_from_; }
    Clock::time_point end() const { return end_; }

    // Ends the sending of a run that cannot go on.
    void cancel() { cancelled_ = true; }

    bool is_spent(Clock::time_point now) const {
        return cancelled_ || now >= end_ || (plan_.count > 0 && counted_ >= plan_.count);
    }

    // Whether the time ran out before the count was reached.
    bool is_out_of_time(Clock::time_point now) const {
        return !cancelled_ && now >= end_ && (plan_.count == 0 || counted_ < plan_.count);
    }

    // The next message; nullopt if all have been sent.
    std::optional<Message> take(Clock::time_point due, Clock::time_point now) {
        if (cancelled_ || now >= end_)
            return std::nullopt;
        const bool counted = due >= counted_from_;
        if (!counted)
            return Message{warm_up_bit | warm_up_++, due, false};
        const std::uint64_t ticket = counted_++;
        if (plan_.count > 0 && ticket >= plan_.count)
            return std::nullopt;
        return Message{plan_.first_sequence + ticket, due, true};
    }

  private:
    // Keeps warm-up sequence numbers apart from those that are counted.
    static constexpr std::uint64_t warm_up_bit = std::uint64_t{1} << 63;

    static Clock::time_point ending(const MeasurePlan& plan, Clock::time_point from) {
        const bool bounded = plan.time.count() > 0 && plan.time < net::no_deadline - from;
        return bounded ? from + plan.time : net::no_deadline;
    }

    const MeasurePlan& plan_;
    Clock::time_point begin_{};
    Clock::time_point counted_from_{};
    Clock::time_point end_{};
    std::atomic<bool> cancelled_{false};
    std::atomic<std::uint64_t> counted_{0};
    std::atomic<std::uint64_t> warm_up_{0};
};

// A thread and its lanes.
class LaneThread {
  public:
    LaneThread(const MeasurePlan& plan, Budget& budget, std::size_t number,
               const net::StopSignal& stop, Snapshots* snapshots)
        : plan_(plan),
          budget_(budget),
          number_(number),
          stop_(stop),
          snapshots_(snapshots),
          spin_(plan.spin) {
        measured.numbers.open_loop = plan.rate > 0;
    }

    void add(std::unique_ptr<Lane> lane) { lanes_.push_back({std::move(lane), {}}); }

    void run() {
        net::disable_timer_slack();
        begin();
        while (!stop_.raised() && !is_over()) {
            send_what_is_due();
            wait();
            leave_copy();
        }
        for (LaneSlot& place : lanes_)
            place.lane->conclude();
        count_missed_slots();
        measured.numbers.duration = measured.elapsed();
        if (snapshots_ != nullptr)
            snapshots_->leave(number_, measured, true);
    }

    Measured measured;

  private:
    struct LaneSlot {
        std::unique_ptr<Lane> lane;
        Clock::time_point due;  // with an interval: when it sends next
    };

    // In a closed loop each lane's first message is due as soon as its thread runs; in an open loop
    // all threads share one schedule.
    void begin() {
        measured.begin = budget_.counted_from();
        for (LaneSlot& place : lanes_)
            place.due = Clock::now();
        if (plan_.rate > 0)
            go_to_slot(number_);
        awake_at_ = Clock::now();
    }

    // Computed from the start, not from the previous slot, so that rounding does not add up.
    Clock::time_point due_of(std::uint64_t slot) const {
        const double ns = static_cast<double>(slot) * 1e9 / plan_.rate;
        return budget_.begin() + std::chrono::nanoseconds(static_cast<std::int64_t>(ns + 0.5));
    }

    void go_to_slot(std::uint64_t slot) {
        next_slot_ = slot;
        next_due_ = due_of(slot);
    }

    // Goes to the first of this thread's slots at or after `until`; returns how many it skipped.
    std::uint64_t skip_slots(Clock::time_point until) {
        const std::uint64_t first = next_slot_;
        const auto threads = static_cast<double>(plan_.threads);
        const double ahead = static_cast<double>((until - next_due_).count()) * plan_.rate / 1e9;
        if (ahead > 2 * threads)  // close to it, and from there by exact times
            go_to_slot(next_slot_ +
                       plan_.threads * static_cast<std::uint64_t>(ahead / threads - 1));
        while (next_due_ < until)
            go_to_slot(next_slot_ + plan_.threads);
        return (next_slot_ - first) / plan_.threads;
    }

    // The same; those after the warm-up count as missed.
    void miss_slots(Clock::time_point until) {
        skip_slots(std::min(until, budget_.counted_from()));
        if (until > budget_.counted_from())
            measured.numbers.missed_slots += skip_slots(until);
    }

    void leave_copy() {
        if (snapshots_ == nullptr || !snapshots_->is_requested(number_))
            return;
        Measured copy = measured;
        for (const LaneSlot& place : lanes_)
            place.lane->add_results(copy);
        snapshots_->leave(number_, copy, false);
    }

    bool is_over() const {
        const bool sending = !budget_.is_spent(Clock::now());
        return std::all_of(lanes_.begin(), lanes_.end(), [&](const LaneSlot& place) {
            return place.lane->outstanding() == 0 && (!sending || place.lane->is_dead());
        });
    }

    void send_what_is_due() {
        const auto now = Clock::now();
        turn_began_ = now;
        if (plan_.rate > 0)
            return send_on_schedule(now);
        for (LaneSlot& place : lanes_) {
            if (!place.lane->can_take(now) || place.due > now)
                continue;
            if (plan_.interval.count() > 0)
                send_in_interval(place, now);
            else if (place.lane->outstanding() == 0)
                send(place, now, now);
        }
    }

    // Sends everything that is due, however late: the schedule does not wait for replies, which
    // would be coordinated omission. Only what came due while this program itself was suspended is
    // left out. After a burst the replies get a turn, or they would overflow the receive buffer.
    void send_on_schedule(Clock::time_point now) {
        if (now - awake_at_ > longest_stall && !budget_.is_spent(awake_at_))
            miss_slots(std::min(now, budget_.end()));
        std::size_t sent = 0;
        while (next_due_ <= now && sent < longest_burst) {
            LaneSlot* place = next_free(now);
            if (place == nullptr)
                break;
            if (!send(*place, next_due_, now))
                break;
            measured.numbers.slip.record(now - next_due_);
            go_to_slot(next_slot_ + plan_.threads);
            const auto later = Clock::now();
            if (later - now > longest_stall)
                miss_slots(std::min(later, budget_.end()));
            now = later;
            ++sent;
        }
        cut_short_ = sent == longest_burst;
        if (sent > 0)
            for (LaneSlot& place : lanes_)
                place.lane->flush();
    }

    // Counts scheduled sends that were due before the end but could not be sent by then.
    void count_missed_slots() {
        if (plan_.rate > 0 && budget_.is_out_of_time(Clock::now()))
            miss_slots(budget_.end());
    }

    // Skips slots that have already passed, so that a delay is not followed by a burst.
    void send_in_interval(LaneSlot& place, Clock::time_point now) {
        if (!send(place, now, now))
            return;
        measured.numbers.slip.record(now - place.due);
        place.due += plan_.interval;
        if (place.due < now) {
            const auto missed = (now - place.due) / plan_.interval;
            measured.numbers.missed_slots += static_cast<std::uint64_t>(missed);
            place.due += missed * plan_.interval;
        }
    }

    LaneSlot* next_free(Clock::time_point now) {
        for (std::size_t tried = 0; tried < lanes_.size(); ++tried) {
            LaneSlot& place = lanes_[turn_];
            turn_ = (turn_ + 1) % lanes_.size();
            if (place.lane->can_take(now))
                return &place;
        }
        return nullptr;
    }

    bool send(LaneSlot& place, Clock::time_point due, Clock::time_point now) {
        const auto message = budget_.take(due, now);
        if (message)
            place.lane->take(*message, now);
        return message.has_value();
    }

    // A message that is already due but was not sent is waiting for a lane, not for the clock.
    net::Deadline next_scheduled(Clock::time_point now) const {
        if (cut_short_)
            return now;
        return plan_.rate > 0 && next_due_ > now ? next_due_ : net::no_deadline;
    }

    void wait() {
        entries_.assign(1, {stop_.waitable(), POLLIN, 0});
        waited_.clear();
        const auto now = Clock::now();
        net::Deadline until = now + longest_wait;
        if (!budget_.is_spent(now))
            until = std::min({until, budget_.end(), next_scheduled(now)});
        for (LaneSlot& place : lanes_) {
            Lane& lane = *place.lane;
            until = std::min(until, lane.next_expiry());
            if (plan_.interval.count() > 0 && lane.can_take(now) && !budget_.is_spent(now))
                until = std::min(until, place.due);
            if (lane.native() == net::invalid_socket)
                continue;
            const int events = POLLIN | (lane.waits_to_send() ? POLLOUT : 0);
            entries_.push_back({lane.native(), static_cast<short>(events), 0});
            waited_.push_back(&lane);
        }
        awake_at_ = std::max(turn_began_, until);
        spin_.wait(until, [&](net::Deadline deadline) {
            const auto begin = Clock::now();
            const auto left = deadline > begin ? deadline - begin : Clock::duration::zero();
            const bool ready = net::poll_precisely(entries_, left) > 0;
            if (ready)
                serve_ready(Clock::now());
            return ready;
        });
        const auto later = Clock::now();
        for (LaneSlot& place : lanes_)
            if (place.lane->next_expiry() <= later)
                place.lane->expire(later);
    }

    void serve_ready(Clock::time_point ready_at) {
        for (std::size_t i = 0; i < waited_.size(); ++i)
            if (entries_[i + 1].revents != 0)
                waited_[i]->on_ready(entries_[i + 1].revents, ready_at);
    }

    // Bounds the delay of a lane that becomes ready for a reason other than its socket.
    static constexpr std::chrono::milliseconds longest_wait{10};
    static constexpr std::size_t longest_burst = 64;
    // A turn or a send this late means that the program, or the machine, was suspended.
    static constexpr std::chrono::milliseconds longest_stall{100};

    const MeasurePlan& plan_;
    Budget& budget_;
    const std::size_t number_;
    const net::StopSignal& stop_;
    Snapshots* const snapshots_;
    net::Spin spin_;
    std::vector<LaneSlot> lanes_;
    std::size_t turn_ = 0;
    bool cut_short_ = false;       // more is due than one burst sends
    std::uint64_t next_slot_ = 0;  // of the schedule of all threads
    Clock::time_point next_due_{};
    Clock::time_point turn_began_{};
    Clock::time_point awake_at_{};  // when the latest wait was to end
    std::vector<net::PollEntry> entries_;
    std::vector<Lane*> waited_;
};

net::Status run_all(std::vector<std::unique_ptr<LaneThread>>& workers, Budget& budget) {
    std::vector<std::thread> threads;
    net::Status status;
    for (std::size_t i = 1; i < workers.size() && status; ++i) {
        if (auto started = net::start_thread([&worker = *workers[i]] { worker.run(); }))
            threads.push_back(std::move(*started));
        else
            status = net::fail(started.error());
    }
    if (status)
        workers.front()->run();
    else
        budget.cancel();
    for (std::thread& thread : threads)
        thread.join();
    return status;
}

// So that Snapshots::take() does not wait for threads that never started.
void leave_as_they_are(const std::vector<std::unique_ptr<LaneThread>>& workers,
                       Snapshots* snapshots) {
    if (snapshots == nullptr)
        return;
    for (std::size_t i = 0; i < workers.size(); ++i)
        snapshots->leave(i, workers[i]->measured, true);
}

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
                under_way_[i]->on_ready(entries_[i + 1].revents, now);
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

void Measured::answered(net::Clock::time_point now, std::optional<std::chrono::nanoseconds> rtt) {
    ++numbers.received;
    if (!rtt)
        return;
    numbers.rtt.record(*rtt);
    numbers.timeline.record(now - begin, *rtt);
}

void Measured::lost(net::Clock::time_point now) {
    ++numbers.lost;
    numbers.timeline.record_lost(now - begin);
}

// A message sent after `ready_at` cannot have been answered by then.
void Measured::record_unread(net::Clock::time_point now, net::Clock::time_point ready_at,
                             net::Clock::time_point origin) {
    numbers.unread.record(origin < ready_at ? now - ready_at : Clock::duration::zero());
}

void Measured::late(net::Clock::time_point now) {
    ++numbers.late;
    numbers.timeline.record_late(now - begin);
}

void Measured::lost(net::Clock::time_point now, std::uint64_t number) {
    lost(now);
    numbers.lost_numbers.add(number);
}

void Measured::failed(const net::Error& error) {
    ++errors[{error.action, error.reason(), std::string(net::symbol(error.code)),
              error.code.value()}];
}

void Measured::unsent(const MeasurePlan& plan, const Message& message, const net::Error& error) {
    if (!message.counted)
        return;
    ++numbers.unsent;
    if (plan.on_unsent)
        plan.on_unsent(message.sequence, error);
}

std::chrono::nanoseconds Measured::elapsed() const {
    return std::max(Clock::now() - begin, Clock::duration::zero());
}

void Measured::merge(const Measured& other) {
    numbers.merge(other.numbers);
    errors.merge(other.errors);
    for (const auto& [responder, count] : other.responders)
        responders[responder] += count;
}

net::Result<Measured> measure(const MeasurePlan& plan, std::size_t lanes, const MakeLane& make_lane,
                              const net::StopSignal& stop, Snapshots* snapshots) {
    Budget budget(plan);
    std::vector<std::unique_ptr<LaneThread>> workers;
    std::vector<Lane*> unopened;
    for (std::size_t i = 0; i < plan.threads; ++i)
        workers.push_back(std::make_unique<LaneThread>(plan, budget, i, stop, snapshots));
    for (std::size_t i = 0; i < lanes; ++i) {
        LaneThread& worker = *workers[i % workers.size()];
        auto lane = make_lane(i, plan, worker.measured);
        if (!lane)
            return net::fail(lane.error());
        unopened.push_back(lane->get());
        worker.add(std::move(*lane));
    }
    open_lanes(unopened, stop);
    if (snapshots != nullptr)
        snapshots->begin(plan.threads);
    budget.start();
    if (auto done = run_all(workers, budget); !done) {
        leave_as_they_are(workers, snapshots);
        return net::fail(done.error());
    }
    Measured all = std::move(workers.front()->measured);
    for (std::size_t i = 1; i < workers.size(); ++i)
        all.merge(workers[i]->measured);
    return all;
}

void open_lanes(std::span<Lane* const> lanes, const net::StopSignal& stop) {
    Opening(lanes, stop).run();
}

Measured Snapshots::take() {
    std::unique_lock lock(mutex_);
    const std::uint64_t question = ++latest_question_;
    left_.wait(lock, [&] {
        return std::ranges::all_of(copies_,
                                   [&](const Copy& copy) { return copy.question >= question; });
    });
    Measured all;
    for (const Copy& copy : copies_)
        all.merge(copy.measured);
    if (copies_.empty()) {
        all.phase = stats::Phase::connecting;
        return all;
    }
    all.begin = copies_.front().measured.begin;
    all.numbers.open_loop = copies_.front().measured.numbers.open_loop;
    if (net::Clock::now() < all.begin)
        all.phase = stats::Phase::warming_up;
    stats::Measurement& numbers = all.numbers;
    numbers.pending = numbers.sent - std::min(numbers.sent, numbers.received + numbers.lost);
    return all;
}

void Snapshots::begin(std::size_t threads) {
    const std::lock_guard lock(mutex_);
    copies_.resize(threads);
}

// Only this thread writes its copy's `question` (under the lock, for take()), so it may read it
// without the lock.
bool Snapshots::is_requested(std::size_t thread) const {
    return copies_[thread].question < latest_question_.load();
}

void Snapshots::leave(std::size_t thread, const Measured& measured, bool last) {
    Copy& copy = copies_[thread];
    const std::uint64_t question = last ? every_question : latest_question_.load();
    if (copy.question >= question)
        return;
    const std::lock_guard lock(mutex_);
    copy.measured = measured;
    if (!last)
        copy.measured.numbers.duration = measured.elapsed();
    copy.question = question;
    left_.notify_all();
}

}  // namespace sockbox::probe
