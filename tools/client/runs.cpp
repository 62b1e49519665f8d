// Keeps what the command line knows about a server beside its measurement.
#include "tools/client/runs.h"

#include <algorithm>
#include <span>

namespace sockbox::tools {

void Runs::add(Subject subject, probe::MeasurePlan plan,
               std::function<void(const probe::ServerChange&)> on_change) {
    probe::TargetPlan target{plan,           subject.lanes, subject.make_lane,
                             subject.server, subject.name,  std::move(on_change)};
    const auto number = measurements_->add(std::move(target));
    const std::lock_guard lock(mutex_);
    runs_.push_back(std::make_shared<const Run>(Run{std::move(subject), std::move(plan), number}));
}

void Runs::remove(const Shared& run, Result result) {
    {
        const std::lock_guard lock(mutex_);
        if (std::erase(runs_, run) == 0)
            return;
        removed_.emplace_back(run, result);
    }
    measurements_->remove(run->number);
}

std::vector<Runs::Shared> Runs::take_ended() {
    std::vector<Shared> ended;
    const std::lock_guard lock(mutex_);
    std::erase_if(removed_, [&](const auto& removed) {
        const auto& [run, result] = removed;
        if (measurements_->outcome(run->number) == nullptr)
            return false;
        if (result == Result::reported)
            ended.push_back(run);
        else
            measurements_->forget(run->number);
        return true;
    });
    return ended;
}

std::vector<Runs::Shared> Runs::all() const {
    const std::lock_guard lock(mutex_);
    return runs_;
}

// In batches, because each waits for a turn of the loops, whose lateness is measured as well.
void Runs::visit_all(const std::function<void(const Run&, probe::Measured)>& visit) const {
    constexpr std::size_t batch = 32;
    const std::vector<Shared> runs = all();
    for (std::size_t from = 0; from < runs.size(); from += batch) {
        const std::span some = std::span(runs).subspan(from, std::min(batch, runs.size() - from));
        std::vector<probe::Measurements::Number> numbers;
        for (const Shared& run : some)
            numbers.push_back(run->number);
        std::vector<probe::Measured> measured = measurements_->so_far(numbers);
        for (std::size_t i = 0; i < some.size(); ++i)
            visit(*some[i], std::move(measured[i]));
    }
}

}  // namespace sockbox::tools
