// Words and objects for the steps of a search for a rate, and for its answer.
#include "report/found_rate.h"

#include <fmt/format.h>

#include "report/color.h"

namespace sockbox::report {
namespace {

std::string rate_to_text(double per_s) {
    return per_s < 10 ? fmt::format("{:.2f}/s", per_s) : fmt::format("{:.0f}/s", per_s);
}

}  // namespace

std::string_view outcome_of(const RateStep& step) {
    return step.kept ? "kept" : step.client_late ? "client late" : "broken";
}

std::string to_text(const RateStep& step, bool colored) {
    const std::string outcome = fmt::format("{:<11}", outcome_of(step));
    std::string text = fmt::format("{:>12}  {}", rate_to_text(step.rate_per_s),
                                   painted(colored, step.kept ? green : red, outcome));
    for (const Verdict& verdict : step.verdicts)
        text += fmt::format("  {} ({})", verdict.expression, verdict.shown);
    return text + '\n';
}

std::string to_text(const FoundRate& found) {
    if (!found.rate_per_s && found.limited_by == interrupted_search)
        return "no rate found: the search was interrupted\n";
    if (!found.rate_per_s)
        return found.limited_by == "client"
                   ? "no rate found: this client is late even at the lowest rate\n"
                   : "no rate found: an assertion is broken even at the lowest rate\n";
    std::string text = fmt::format("highest rate = {}", rate_to_text(*found.rate_per_s));
    if (!found.confirmed)
        text += ", not confirmed";
    if (found.limited_by == "assertion")
        text += ", limited by an assertion";
    else if (found.limited_by == "client")
        text += ", limited by this client, not by the server";
    else if (found.limited_by == interrupted_search)
        text += ", the search was interrupted";
    else
        text += ", the highest that was tried";
    return text + '\n';
}

void add_found_rate(const FoundRate& found, Json& json) {
    Json steps = Json::array();
    for (const RateStep& step : found.steps) {
        Json asserts = Json::array();
        for (const Verdict& verdict : step.verdicts)
            asserts.push(to_json(verdict));
        steps.push(Json::object()
                       .set("rate_per_s", step.rate_per_s)
                       .set("kept", step.kept)
                       .set("client_late", step.client_late)
                       .set("asserts", std::move(asserts)));
    }
    json.set("found_rate_per_s", found.rate_per_s)
        .set("confirmed", found.confirmed)
        .set("limited_by", found.limited_by)
        .set("steps", std::move(steps));
}

}  // namespace sockbox::report
