// Spreads the lanes of all servers over the loops, and collects their results.
#include "probe/measure.h"

#include <algorithm>

#include "probe/open_lanes.h"
#include "system/thread.h"

namespace sockbox::probe {

struct Measurements::Target {
    Target(TargetPlan planned, Number assigned) : plan(std::move(planned)), number(assigned) {
        if (plan.server)
            address.set(*plan.server);
    }

    const TargetPlan plan;
    const Number number;
    Budget budget{plan.plan};
    SharedAddress address;
    std::vector<std::unique_ptr<LaneGroup>> groups;
    std::vector<LaneLoop*> loops;  // of each group
    // Guarded by the mutex of the measurements.
    bool begun = false;
    std::size_t groups_left = 0;
    std::unique_ptr<const net::Result<Measured>> outcome;  // an endless run has none for long
};

net::Result<std::unique_ptr<Measurements>> Measurements::create(const MeasureOptions& options,
                                                                const net::StopSignal& stop) {
    std::unique_ptr<Measurements> measurements(new Measurements(options, stop));
    for (std::size_t i = 0; i < options.threads; ++i) {
        auto loop = LaneLoop::create(
            stop, options.spin,
            [raw = measurements.get()](LaneGroup& group) { raw->note_end(group); });
        if (!loop)
            return net::fail(loop.error());
        measurements->loops_.push_back(std::move(*loop));
    }
    return measurements;
}

Measurements::~Measurements() {
    for (std::thread& thread : threads_)
        thread.join();
}

Measurements::Number Measurements::add(TargetPlan plan) {
    std::shared_ptr<Target> target;
    {
        const std::lock_guard lock(mutex_);
        const Number number = next_number_++;
        target = std::make_shared<Target>(std::move(plan), number);
        const std::size_t count = std::min(target->plan.lanes, loops_.size());
        for (std::size_t i = 0; i < count; ++i) {
            target->groups.push_back(
                std::make_unique<LaneGroup>(target->plan, target->budget, target->address,
                                            LaneGroup::Number{number, i, count}));
            target->loops.push_back(loops_[(number + i) % loops_.size()].get());
        }
        target->groups_left = count;
        targets_.emplace(number, target);
        if (stage_ != Stage::opened)
            return number;
    }
    begin(target);
    return target->number;
}

void Measurements::begin(const std::shared_ptr<Target>& target) {
    target->budget.start();
    for (const auto& group : target->groups)
        group->begin();
    {
        const std::lock_guard lock(mutex_);
        target->begun = true;
    }
    for (std::size_t i = 0; i < target->groups.size(); ++i)
        target->loops[i]->add(*target->groups[i]);
}

void Measurements::remove(Number number) {
    const auto target = find(number);
    for (std::size_t i = 0; target != nullptr && i < target->groups.size(); ++i)
        target->loops[i]->remove(*target->groups[i]);
}

void Measurements::forget(Number number) {
    const std::lock_guard lock(mutex_);
    targets_.erase(number);
}

net::Status Measurements::start() {
    net::Status status;
    threads_.reserve(loops_.size());  // a thread waits for all to have been started
    for (std::size_t i = 0; i < loops_.size() && status; ++i) {
        status = net::start_thread_in(threads_, [this, i] { run(i); });
        const std::lock_guard lock(mutex_);
        if (status)
            ++running_;
        else
            stage_ = Stage::cancelled;
    }
    changed_.notify_all();
    return status;
}

void Measurements::run(std::size_t loop) {
    if (loop == 0)
        open_all();
    bool goes_on = false;
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stage_ != Stage::before; });
        goes_on = stage_ == Stage::opened;
    }
    if (goes_on)
        loops_[loop]->run(options_.lasting);
    const std::lock_guard lock(mutex_);
    --running_;
    changed_.notify_all();
}

// An endless run creates and opens its lanes as it goes on.
void Measurements::open_all() {
    std::vector<Lane*> unopened;
    for (const auto& target : all()) {
        if (target->plan.plan.is_endless())
            continue;
        net::Status done;
        for (const auto& group : target->groups)
            if (done)
                done = group->create_lanes();
        if (!done)
            set_outcome(*target, net::fail(done.error()));
        for (const auto& group : target->groups)
            if (done)
                for (Lane* lane : group->lanes())
                    unopened.push_back(lane);
    }
    open_lanes(unopened, stop_);
    Number from = 0;
    while (const auto target = next_unbegun(from)) {
        from = target->number + 1;
        begin(target);
    }
}

// The first server from this number on that can begin. If there is none, the loops may run.
std::shared_ptr<Measurements::Target> Measurements::next_unbegun(Number from) {
    const std::lock_guard lock(mutex_);
    for (auto next = targets_.lower_bound(from); next != targets_.end(); ++next)
        if (!next->second->outcome)
            return next->second;
    if (stage_ == Stage::before)
        stage_ = Stage::opened;
    changed_.notify_all();
    return nullptr;
}

bool Measurements::wait_until(net::Deadline deadline) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline, [this] { return running_ == 0; });
}

void Measurements::note_end(LaneGroup& group) {
    const auto target = find(group.number().target);
    {
        const std::lock_guard lock(mutex_);
        if (--target->groups_left > 0)
            return;
    }
    // All groups of the target have ended: no thread changes their results any more, but so_far()
    // may still read them.
    Measured all = target->groups.front()->measured();
    for (std::size_t i = 1; i < target->groups.size(); ++i)
        all.merge(target->groups[i]->measured());
    set_outcome(*target, std::move(all));
}

void Measurements::set_outcome(Target& target, net::Result<Measured> outcome) {
    const std::lock_guard lock(mutex_);
    target.outcome = std::make_unique<const net::Result<Measured>>(std::move(outcome));
    changed_.notify_all();
}

std::shared_ptr<Measurements::Target> Measurements::find(Number number) const {
    const std::lock_guard lock(mutex_);
    const auto found = targets_.find(number);
    return found == targets_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<Measurements::Target>> Measurements::all() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<Target>> found;
    for (const auto& [number, target] : targets_)
        found.push_back(target);
    return found;
}

const net::Result<Measured>* Measurements::outcome(Number number) const {
    const std::lock_guard lock(mutex_);
    const auto found = targets_.find(number);
    return found == targets_.end() ? nullptr : found->second->outcome.get();
}

std::vector<Measured> Measurements::so_far(std::span<const Number> numbers) const {
    Measured none;
    none.phase = stats::Phase::connecting;
    std::vector<Measured> results(numbers.size(), none);
    std::vector<std::shared_ptr<Target>> running(numbers.size());
    std::size_t most_groups = 0;
    {
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            const auto found = targets_.find(numbers[i]);
            if (found == targets_.end() || !found->second->begun)
                continue;
            if (const auto* outcome = found->second->outcome.get()) {
                if (*outcome)
                    results[i] = **outcome;
                continue;
            }
            running[i] = found->second;
            most_groups = std::max(most_groups, running[i]->groups.size());
        }
    }
    // In the order of a server's groups, because some results are those of the first.
    for (std::size_t group = 0; group < most_groups; ++group)
        for (const auto& loop : loops_)
            loop->between_turns([&] {
                for (std::size_t i = 0; i < numbers.size(); ++i) {
                    if (running[i] == nullptr || group >= running[i]->groups.size() ||
                        running[i]->loops[group] != loop.get())
                        continue;
                    Measured part = running[i]->groups[group]->so_far();
                    if (group == 0)
                        results[i] = std::move(part);
                    else
                        results[i].merge(part);
                }
            });
    return results;
}

}  // namespace sockbox::probe
