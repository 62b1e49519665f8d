// Keeps what the command line knows about a server beside its measurement.
#include "tools/client/runs.h"

#include <algorithm>

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

}  // namespace sockbox::tools
