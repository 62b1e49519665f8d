// The result of a search for the highest rate that keeps every assertion: text and JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/verdict.h"

namespace sockbox::report {

// A run at one rate.
struct RateStep {
    double rate_per_s = 0;
    bool kept = false;
    bool client_late = false;  // not kept because the client did not reach the rate
    std::vector<Verdict> verdicts;
};

// FoundRate::limited_by, if the user interrupted the search.
inline constexpr std::string_view interrupted_search = "interrupt";

struct FoundRate {
    std::vector<RateStep> steps;       // in their order
    std::optional<double> rate_per_s;  // nullopt: no rate that was tried is kept
    bool confirmed = false;            // by a second run
    // "assertion", "client", "bound" or interrupted_search; static storage
    std::string_view limited_by;
};

// "kept", "broken" or "client late"
std::string_view outcome_of(const RateStep& step);

// "      4000/s  kept         p99<2ms (0.210 ms)", with its newline.
std::string to_text(const RateStep& step, bool colored);
// The answer as a line, with its newline.
std::string to_text(const FoundRate& found);

// Sets the members "found_rate_per_s", "confirmed", "limited_by" and "steps" of a result object.
void add_found_rate(const FoundRate& found, Json& json);

}  // namespace sockbox::report
