// Several servers measured at the same time, each by threads of its own.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "probe/measure.h"

namespace sockbox::tools {

// A server to measure.
struct Subject {
    std::string target;  // "HOST:PORT", escaped
    std::string peer;    // its address
    probe::MakeLane make_lane;
};

class SideBySide {
  public:
    // One plan for each subject; both outlive this object, as `stop` does.
    SideBySide(const std::vector<Subject>& subjects, const std::vector<probe::MeasurePlan>& plans,
               std::size_t lanes, const net::StopSignal& stop);
    SideBySide(const SideBySide&) = delete;
    ~SideBySide();

    // Whether all are over; waits for that at most until `deadline`.
    bool wait_until(net::Deadline deadline);

    std::size_t size() const noexcept { return runs_.size(); }
    // What has been measured by now, from any thread.
    probe::Measured so_far(std::size_t index) { return runs_[index].snapshots.take(); }
    // Once all are over.
    const net::Result<probe::Measured>& outcome(std::size_t index) const {
        return *runs_[index].outcome;
    }

  private:
    struct Run {
        probe::Snapshots snapshots;
        std::optional<net::Result<probe::Measured>> outcome;
        std::thread thread;
    };

    void start(Run& run, const Subject& subject, const probe::MeasurePlan& plan, std::size_t lanes,
               const net::StopSignal& stop);

    std::vector<Run> runs_;
    std::mutex mutex_;
    std::condition_variable ended_;
    std::size_t under_way_;
};

}  // namespace sockbox::tools
