// Worker threads for lookups, and a keeper thread that enforces order and deadlines.
#include "probe/lookup/lookup_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "system/thread.h"
#include "text/units.h"

namespace sockbox::probe {
namespace {

using net::Clock;
using net::Deadline;

// Between two tries of a failed lookup.
constexpr std::chrono::milliseconds retry_pause{200};

// Up to this many questions per worker wait to be shown: a slow lookup does not hold up the others
// for long, and memory stays bounded.
constexpr std::size_t places_per_job = 16;

// Answers are collected this long before they are shown. Waking a thread for each one costs more
// than a lookup at a nearby name server, and so short a delay is not noticeable.
constexpr std::chrono::milliseconds gathering{5};

// The limit for a question that only remarks need.
constexpr std::chrono::seconds remark_limit{1};

struct QueuedLookup {
    enum class Phase { queued, running, done };
    Lookup lookup;
    Phase phase = Phase::queued;
    Deadline deadline = net::no_deadline;     // of the current step
    std::chrono::nanoseconds limit{};         // of the current step
    bool answered = false;                    // `lookup` has an answer that is to be kept
    std::list<std::thread>::iterator worker;  // only while running
    unsigned turn = 0;                        // incremented when its worker is abandoned
    bool pausing = false;                     // its worker waits before the next try
};

net::Error too_late(std::chrono::nanoseconds timeout, const Question& question) {
    return {std::error_code(EAI_AGAIN, net::resolver_category()), "resolve", subject_of(question),
            fmt::format("no answer within {}", net::format_duration(timeout)),
            "a name server may not be responding; --timeout waits longer"};
}

net::Error cancelled_error(const Question& question) {
    return {net::platform::error_of(std::errc::operation_canceled),
            "resolve",
            subject_of(question),
            {},
            {}};
}

}  // namespace

struct LookupQueue::State {
    State(LookupPlan chosen, Show shower, Pause pauser)
        : plan(std::move(chosen)), show(std::move(shower)), pause(std::move(pauser)) {}

    const LookupPlan plan;
    const std::size_t places = plan.jobs * places_per_job;
    const Show show;
    const Pause pause;
    std::mutex mutex;
    std::condition_variable work;      // for workers: a question, or the end
    std::condition_variable progress;  // for the keeper: the first in order is done, or a new one
    std::condition_variable space;     // for callers of submit() and put()
    std::condition_variable retry;     // for pausing workers: the lookups are cancelled
    std::deque<std::shared_ptr<QueuedLookup>> order;
    std::deque<std::shared_ptr<QueuedLookup>> queue;
    std::list<std::thread> workers;  // without those that were abandoned
    std::size_t idle = 0;
    std::size_t left = 0;
    bool closed = false;
    bool cancelled = false;
    bool gathers = false;  // the keeper need not be woken for a single answer
    Deadline keeper_wakes = net::no_deadline;
    std::thread keeper;

    using Lock = std::unique_lock<std::mutex>;
    void enter(Lock& lock, std::shared_ptr<QueuedLookup> slot);
    void hire(const std::shared_ptr<State>& self);
    void fail_all(const net::Error& error);
    void work_off(std::list<std::thread>::iterator me);
    bool try_one(Lock& lock, QueuedLookup& slot, unsigned turn);
    bool stale(const QueuedLookup& slot, unsigned turn) const { return slot.turn != turn; }
    void keep_order(const std::shared_ptr<State>& self);
    bool first_is_done() const {
        return !order.empty() && order.front()->phase == QueuedLookup::Phase::done;
    }
    void show_those_done(Lock& lock);
    void gather(Lock& lock);
    void wait_for_progress(Lock& lock);
    void retire_late();
    void abandon(QueuedLookup& slot, const net::Error& error);
    void cancel();
    Deadline next_deadline() const;
    void set_deadline(QueuedLookup& slot, std::chrono::nanoseconds limit);
    // How long a step that may take `limit` may take now.
    std::chrono::nanoseconds left_of(std::chrono::nanoseconds limit) const;
    bool retries(Deadline now) const {
        return !cancelled && plan.retry_until && now < *plan.retry_until;
    }
};

// Waits for a place in the order, then takes it.
void LookupQueue::State::enter(Lock& lock, std::shared_ptr<QueuedLookup> slot) {
    if (keeper.joinable())
        space.wait(lock, [&] { return order.size() < places; });
    order.push_back(std::move(slot));
    if (order.size() == 1)
        progress.notify_one();
}

// Starts workers as long as there are more questions than idle ones, and room for them.
void LookupQueue::State::hire(const std::shared_ptr<State>& self) {
    while (idle < queue.size() && workers.size() < plan.jobs && left < max_left) {
        const auto me = workers.emplace(workers.end());
        auto started = net::start_signal_free_thread([self, me] { self->work_off(me); });
        if (!started) {
            workers.erase(me);
            if (workers.empty() && left == 0)  // no thread is left to do it later
                fail_all(started.error());
            return;
        }
        *me = std::move(*started);
        ++idle;
    }
}

void LookupQueue::State::fail_all(const net::Error& error) {
    for (const auto& slot : queue) {
        slot->lookup.answer = net::fail(error);
        slot->phase = QueuedLookup::Phase::done;
    }
    queue.clear();
    progress.notify_one();
}

void LookupQueue::State::work_off(std::list<std::thread>::iterator me) {
    Lock lock(mutex);
    for (;; ++idle) {
        work.wait(lock, [&] { return !queue.empty() || (closed && order.empty()); });
        if (queue.empty())
            return;
        --idle;
        const std::shared_ptr<QueuedLookup> slot = std::move(queue.front());
        queue.pop_front();
        slot->phase = QueuedLookup::Phase::running;
        slot->worker = me;
        const unsigned turn = slot->turn;
        while (!try_one(lock, *slot, turn) && !stale(*slot, turn) && retries(Clock::now())) {
            slot->deadline = net::no_deadline;  // so that this worker is not abandoned meanwhile
            slot->pausing = true;
            lock.unlock();
            if (plan.again)
                plan.again(slot->lookup);
            lock.lock();
            retry.wait_until(lock, std::min(Clock::now() + retry_pause, *plan.retry_until),
                             [this] { return cancelled; });
            slot->pausing = false;
            if (cancelled)
                break;
        }
        if (stale(*slot, turn)) {  // this thread was abandoned, and others do its work
            --left;
            progress.notify_one();
            return;
        }
        slot->phase = QueuedLookup::Phase::done;
        if (first_is_done() && (!gathers || queue.empty()))
            progress.notify_one();
    }
}

// Tries a lookup once; returns whether it succeeded. The result is in the slot, unless the worker
// was abandoned meanwhile.
bool LookupQueue::State::try_one(Lock& lock, QueuedLookup& slot, unsigned turn) {
    slot.answered = false;
    set_deadline(slot, plan.timeout);
    const Question question = slot.lookup.question;
    lock.unlock();
    Lookup found = look_up(question);
    Examination examination = plan.examine;
    // Before a step: `limit` is for steps that do not limit their own time.
    const auto publish = [&](bool bounded, std::chrono::nanoseconds limit) {
        lock.lock();
        const bool current = !stale(slot, turn);
        if (current) {
            slot.lookup = found;
            slot.answered = found.answer.has_value();
            slot.deadline = net::no_deadline;
            if (!bounded)
                set_deadline(slot, limit);
            examination.connect_timeout = left_of(plan.examine.connect_timeout);
        }
        lock.unlock();
        return current;
    };
    if (found.answer && examination.anything())
        examine(found, examination, [&](bool bounded) { return publish(bounded, plan.timeout); });
    if (needs_resolved_as(found) && publish(false, remark_limit))
        find_resolved_as(found);
    lock.lock();
    if (stale(slot, turn))
        return false;
    slot.lookup = std::move(found);
    return satisfies(slot.lookup, plan.examine);
}

std::chrono::nanoseconds LookupQueue::State::left_of(std::chrono::nanoseconds limit) const {
    if (!plan.retry_until)
        return limit;
    using std::chrono::milliseconds;
    const auto rest = std::chrono::ceil<milliseconds>(*plan.retry_until - Clock::now());
    return std::min<std::chrono::nanoseconds>(limit, std::max(rest, milliseconds(1)));
}

void LookupQueue::State::set_deadline(QueuedLookup& slot, std::chrono::nanoseconds limit) {
    slot.limit = left_of(limit);
    slot.deadline = net::deadline_in(slot.limit);
    if (slot.deadline < keeper_wakes) {
        keeper_wakes = slot.deadline;
        progress.notify_one();
    }
}

Deadline LookupQueue::State::next_deadline() const {
    Deadline next = net::no_deadline;
    for (const auto& slot : order)
        if (slot->phase == QueuedLookup::Phase::running)
            next = std::min(next, slot->deadline);
    return next;
}

// Abandons the worker of a lookup, which ends with this error. Results found so far are kept.
void LookupQueue::State::abandon(QueuedLookup& slot, const net::Error& error) {
    ++slot.turn;
    slot.worker->detach();
    workers.erase(slot.worker);
    ++left;
    if (slot.answered)
        return give_up_details(slot.lookup, plan.examine, error);
    slot.lookup.answer = net::fail(error);
}

void LookupQueue::State::cancel() {
    const Lock lock(mutex);
    cancelled = true;
    for (const auto& slot : order) {
        if (slot->phase == QueuedLookup::Phase::done || slot->pausing)
            continue;
        const net::Error error = cancelled_error(slot->lookup.question);
        if (slot->phase == QueuedLookup::Phase::running)
            abandon(*slot, error);
        else
            slot->lookup.answer = net::fail(error);
        slot->phase = QueuedLookup::Phase::done;
    }
    queue.clear();
    retry.notify_all();
    progress.notify_one();
}

void LookupQueue::State::retire_late() {
    const Deadline now = Clock::now();
    for (const auto& slot : order) {
        if (slot->phase != QueuedLookup::Phase::running || slot->deadline > now)
            continue;
        abandon(*slot, too_late(slot->limit, slot->lookup.question));
        if (!slot->answered)
            slot->lookup.elapsed = slot->limit;
        const bool again = retries(now) && !satisfies(slot->lookup, plan.examine);
        slot->phase = again ? QueuedLookup::Phase::queued : QueuedLookup::Phase::done;
        if (again)
            queue.push_back(slot);
    }
}

// Wakes callers of submit() once half of the places are free, not for each one: waking a thread
// costs more than a lookup at a nearby name server.
void LookupQueue::State::show_those_done(Lock& lock) {
    std::vector<std::shared_ptr<QueuedLookup>> done;
    while (first_is_done()) {
        done.push_back(std::move(order.front()));
        order.pop_front();
    }
    if (order.size() <= places / 2)
        space.notify_one();
    lock.unlock();
    for (const auto& slot : done)
        show(slot->lookup);
    pause();
    lock.lock();
}

// Lets more answers accumulate, unless the workers have run out of questions.
void LookupQueue::State::gather(Lock& lock) {
    if (queue.empty())
        return;
    gathers = true;
    progress.wait_for(lock, gathering);
    gathers = false;
}

void LookupQueue::State::keep_order(const std::shared_ptr<State>& self) {
    Lock lock(mutex);
    while (!order.empty() || !closed) {
        if (first_is_done()) {
            show_those_done(lock);
            gather(lock);
        } else {
            wait_for_progress(lock);
            hire(self);  // to replace abandoned workers, and after one of them has come back
        }
    }
}

// Waits until there may be something to show, or a lookup is late.
void LookupQueue::State::wait_for_progress(Lock& lock) {
    // An earlier deadline still wakes the keeper; finding the next one at each turn would cost a
    // walk through all slots.
    if (keeper_wakes == net::no_deadline || keeper_wakes <= Clock::now())
        keeper_wakes = next_deadline();
    if (keeper_wakes == net::no_deadline)
        progress.wait(lock);
    else if (progress.wait_until(lock, keeper_wakes) == std::cv_status::timeout)
        retire_late();
}

LookupQueue::LookupQueue(LookupPlan plan, Show show, Pause pause)
    : state_(std::make_shared<State>(std::move(plan), std::move(show), std::move(pause))) {
    // Without a keeper, finish() shows the answers.
    if (auto started =
            net::start_signal_free_thread([state = state_] { state->keep_order(state); }))
        state_->keeper = std::move(*started);
}

void LookupQueue::submit(Question question) {
    auto slot = std::make_shared<QueuedLookup>();
    slot->lookup.question = std::move(question);
    State::Lock lock(state_->mutex);
    state_->enter(lock, slot);
    if (state_->cancelled) {
        slot->lookup.answer = net::fail(cancelled_error(slot->lookup.question));
        slot->phase = QueuedLookup::Phase::done;
        return state_->progress.notify_one();
    }
    state_->queue.push_back(std::move(slot));
    state_->hire(state_);
    state_->work.notify_one();
}

void LookupQueue::put(Lookup answered) {
    auto slot = std::make_shared<QueuedLookup>();
    slot->lookup = std::move(answered);
    slot->phase = QueuedLookup::Phase::done;
    State::Lock lock(state_->mutex);
    state_->enter(lock, std::move(slot));
}

void LookupQueue::cancel() {
    state_->cancel();
}

void LookupQueue::finish() {
    {
        const State::Lock lock(state_->mutex);
        if (state_->closed)
            return;
        state_->closed = true;
        state_->progress.notify_one();
    }
    if (state_->keeper.joinable())
        state_->keeper.join();
    else
        state_->keep_order(state_);
    state_->work.notify_all();
    for (std::thread& worker : state_->workers)
        worker.join();
}

}  // namespace sockbox::probe
