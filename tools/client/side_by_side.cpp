// A thread for each server, and the wait for all.
#include "tools/client/side_by_side.h"

#include "system/thread.h"

namespace sockbox::tools {

SideBySide::SideBySide(const std::vector<Subject>& subjects,
                       const std::vector<probe::MeasurePlan>& plans, std::size_t lanes,
                       const net::StopSignal& stop)
    : runs_(subjects.size()), under_way_(subjects.size()) {
    for (std::size_t i = 0; i < runs_.size(); ++i)
        start(runs_[i], subjects[i], plans[i], lanes, stop);
}

void SideBySide::start(Run& run, const Subject& subject, const probe::MeasurePlan& plan,
                       std::size_t lanes, const net::StopSignal& stop) {
    const auto end_with = [this, &run](net::Result<probe::Measured> outcome) {
        const std::lock_guard lock(mutex_);
        run.outcome = std::move(outcome);
        --under_way_;
        ended_.notify_all();
    };
    try {
        run.thread = std::thread([&run, &subject, &plan, &stop, lanes, end_with] {
            end_with(probe::measure(plan, lanes, subject.make_lane, stop, &run.snapshots));
        });
    } catch (const std::system_error& error) {
        end_with(net::fail(net::no_thread(error)));
    }
}

SideBySide::~SideBySide() {
    for (Run& run : runs_)
        if (run.thread.joinable())
            run.thread.join();
}

bool SideBySide::wait_until(net::Deadline deadline) {
    std::unique_lock lock(mutex_);
    return ended_.wait_until(lock, deadline, [this] { return under_way_ == 0; });
}

}  // namespace sockbox::tools
