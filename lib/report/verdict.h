// An assertion about a measurement, and whether it held.
#pragma once

#include <optional>
#include <string>

#include "report/json.h"
#include "stats/measurement.h"

namespace sockbox::report {

struct Verdict {
    std::string expression;
    std::optional<double> value;  // nullopt if undefined
    stats::Unit unit{};
    std::string shown;  // `value` with its unit
    bool ok = false;
};

// Times and counts are integers, as elsewhere in the results.
Json to_json(const Verdict& verdict);

}  // namespace sockbox::report
