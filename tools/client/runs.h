// The servers that are measured at the same time, some of which may come and go.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "probe/measure.h"
#include "tools/client/client.h"

namespace sockbox::tools {

// A server to measure.
struct Subject {
    NamedServer named() const { return {target, server}; }

    std::string target;  // "HOST:PORT", escaped
    std::string hint{};  // printed if nothing reached its address; may be empty
    // Its plan is that of the whole run.
    std::size_t lanes = 1;
    std::chrono::nanoseconds connect_timeout{};  // also of a lookup
    probe::MakeLane make_lane;
    std::optional<net::Endpoint> server{};                      // nullopt: to be looked up
    std::optional<probe::ServerName> name{};                    // looked up again in an endless run
    bool is_listed = false;                                     // in the targets file
    std::vector<std::pair<std::string, std::string>> labels{};  // for its metrics
};

// Every method may be called from any thread.
class Runs {
  public:
    struct Run {
        Subject subject;
        probe::MeasurePlan plan;
        probe::Measurements::Number number;
    };
    using Shared = std::shared_ptr<const Run>;

    explicit Runs(std::unique_ptr<probe::Measurements> measurements)
        : measurements_(std::move(measurements)) {}

    // Adds a server, before start() or in a run that lasts. `on_change` is that of a TargetPlan.
    void add(Subject subject, probe::MeasurePlan plan,
             std::function<void(const probe::ServerChange&)> on_change);
    // Ends the measurement of a server. It leaves all() at once, and once its outcome is known it
    // is among those of take_ended(), unless it is to be dropped.
    enum class Result : std::uint8_t { reported, dropped };
    void remove(const Shared& run, Result result = Result::reported);
    std::vector<Shared> take_ended();
    // After the outcome of a server that was removed has been used.
    void forget(const Shared& run) { measurements_->forget(run->number); }

    net::Status start() { return measurements_->start(); }
    bool wait_until(net::Deadline deadline) { return measurements_->wait_until(deadline); }

    // In the order in which they were added.
    std::vector<Shared> all() const;

    // Calls `visit` with each server of all() and its results so far.
    void visit_all(const std::function<void(const Run&, probe::Measured)>& visit) const;

    // The final result of a run that has ended.
    const net::Result<probe::Measured>& outcome(const Run& run) const {
        return *measurements_->outcome(run.number);
    }

  private:
    const std::unique_ptr<probe::Measurements> measurements_;
    mutable std::mutex mutex_;
    std::vector<Shared> runs_;
    std::vector<std::pair<Shared, Result>> removed_;
};

}  // namespace sockbox::tools
