// When a run is to tell how it stands: on request, and every so often.
#pragma once

#include <chrono>
#include <optional>

#include "system/clock.h"

namespace sockbox::tools {

// Begins when it is made. Requests come by net::InterimRequests, which the caller has.
class InterimSchedule {
  public:
    // `between`: a report as often without a request; none: only on request.
    explicit InterimSchedule(const std::optional<std::chrono::nanoseconds>& between)
        : between_(between), next_(between ? net::deadline_in(*between) : net::no_deadline) {}

    // When is_due() is to be asked again at the latest, so that no request waits long.
    net::Deadline next_look() const;

    // Takes the request, or the time that has come; those that were missed are not made up for.
    bool is_due();

  private:
    std::optional<std::chrono::nanoseconds> between_;
    net::Deadline next_;
};

}  // namespace sockbox::tools
