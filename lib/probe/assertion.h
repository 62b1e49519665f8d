// Bounds that a measurement must meet: "p99<2ms", "loss<0.1%".
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stats/measurement.h"
#include "system/result.h"

namespace sockbox::probe {

// A bound written NAME OPERATOR VALUE without spaces, where OPERATOR is < <= > or >=. Round-trip
// times (min mean median p50 p90 p99 p999 max) and jitter are compared with a duration, loss with a
// percentage, and rate (replies per second), duplicated, reordered, corrupted or mismatched (which
// are the same) and unsent with a number.
//
//     const auto bound = Assertion::parse("p99<2ms");
//     if (!bound)
//         return net::fail(bound.error());
//     const Assertion::Verdict verdict = bound->judge(measurement);
//     if (!verdict.ok)
//         fmt::print(stderr, "{}: {}\n", verdict.expression, verdict.shown);
class Assertion {
  public:
    // Fails if the operator, the name or the value is not understood.
    static net::Result<Assertion> parse(std::string_view text);

    // What can be asserted: "min", "mean" …
    static std::vector<std::string> names();

    struct Verdict {
        std::string expression;
        std::optional<double> value;  // in `unit`; nullopt if undefined
        stats::Unit unit;
        std::string shown;  // the value with its unit, "none" if undefined
        bool ok;            // false if the value is undefined
    };
    // What could not be sent counts as a loss, unless it is judged by an assertion of its own.
    Verdict judge(const stats::Measurement& measurement, bool unsent_apart = false) const;

    bool is_about(std::string_view name) const;
    // Without spaces around the operator.
    const std::string& expression() const { return expression_; }

  private:
    struct Name;
    static std::span<const Name> all();
    static const Name* find(std::string_view name);

    std::string expression_;
    const Name* name_ = nullptr;
    bool less_ = true;
    bool or_equal_ = false;
    double bound_ = 0;
};

}  // namespace sockbox::probe
