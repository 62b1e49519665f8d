// Bounds that a measurement must keep: "p99<2ms", "loss<0.1%".
#pragma once

#include <string>
#include <string_view>

#include "stats/measurement.h"
#include "system/result.h"

namespace sockbox::probe {

// NAME OPERATOR VALUE, the operator one of < <= > >=. Times: min mean median p50 p90 p99 p999 max
// (of the round trips) and jitter, with a duration. Shares: loss, with a percentage. Numbers: rate
// (a second), duplicated, reordered.
class Assertion {
  public:
    static net::Result<Assertion> parse(std::string_view text);

    struct Verdict {
        std::string expression;
        std::optional<double> value;  // none where undefined
        stats::Unit unit;
        std::string shown;  // the value with its unit, "none" where undefined
        bool ok;            // never of an undefined value
    };
    Verdict judge(const stats::Measurement& measurement) const;

  private:
    struct Name;
    static const Name* find(std::string_view name);

    std::string expression_;
    const Name* name_ = nullptr;
    bool less_ = true;
    bool or_equal_ = false;
    double bound_ = 0;
};

}  // namespace sockbox::probe
