// The option --find-rate: the highest rate of messages that keeps every assertion.
#pragma once

#include <functional>
#include <optional>

#include "probe/rate_search.h"
#include "report/measurement.h"
#include "tools/client/client.h"

namespace sockbox::tools {

class RateFinder {
  public:
    // `client` must outlive the object.
    RateFinder(Io io, const ClientOptions& client) : io_(io), client_(client) {}

    void declare(Cli& cli);
    bool is_requested() const noexcept { return range_.has_value(); }
    // What contradicts the option; empty if nothing does.
    std::string mistake(const Cli& cli, bool is_endless, bool has_many_servers) const;

    // Measures at one rate; nullopt if that failed or was interrupted, which ends the search.
    using Measure = std::function<std::optional<report::MeasurementReport>(double rate_per_s)>;
    using IsGood = std::function<bool(const report::MeasurementReport&)>;
    // Searches, and prints each step as text. Returns the report of the last run at the rate found,
    // or of the last run of all if no rate is kept; nullopt if there was no complete run.
    std::optional<report::MeasurementReport> find(const Measure& measure,
                                                  const IsGood& is_good) const;

  private:
    Io io_;
    const ClientOptions& client_;
    std::optional<probe::RateSearch::Range> range_;
};

}  // namespace sockbox::tools
