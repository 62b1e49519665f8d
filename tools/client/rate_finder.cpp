// Connects the search for a rate with measurements and their reports.
#include "tools/client/rate_finder.h"

#include <vector>

#include "text/text.h"
#include "text/units.h"

namespace sockbox::tools {
namespace {

using probe::RateRun;
using Range = probe::RateSearch::Range;

constexpr std::int64_t highest_rate = 100'000'000;
constexpr double widest = 1e6;  // high / low, within the runs of a search

// "LOW-HIGH", as text.
std::optional<std::pair<std::string_view, std::string_view>> split_range(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == 0 || dash == text.npos || text.find_first_not_of("0123456789-") != text.npos)
        return std::nullopt;
    return std::pair(text.substr(0, dash), text.substr(dash + 1));
}

net::Result<Range> parse_range(std::string_view text) {
    const auto parts = split_range(text);
    if (!parts)
        return net::fail_text(
            fmt::format("'{}' is not a range of rates, such as 100-5000", net::escape(text)));
    const auto low = net::parse_integer(parts->first, 1, highest_rate);
    if (!low)
        return net::fail(low.error());
    const auto high = net::parse_integer(parts->second, *low, highest_rate);
    if (!high)
        return net::fail(high.error());
    const Range range{static_cast<double>(*low), static_cast<double>(*high)};
    if (range.high / range.low > widest)
        return net::fail_text(
            fmt::format("'{}' is too wide: HIGH may be a million times LOW", net::escape(text)));
    return range;
}

// A client that skipped more than a fiftieth of its schedule has measured another rate.
RateRun outcome_of(const report::MeasurementReport& report, bool is_good) {
    constexpr std::uint64_t most_skipped = 50;
    const stats::Measurement& numbers = report.numbers;
    if (numbers.missed_slots * most_skipped > numbers.sent + numbers.missed_slots)
        return RateRun::too_late;
    if (is_good)
        return RateRun::kept;
    return numbers.is_client_late() ? RateRun::too_late : RateRun::broken;
}

std::string_view limit_to_text(RateRun limit) {
    switch (limit) {
        case RateRun::kept: return "bound";
        case RateRun::broken: return "assertion";
        case RateRun::too_late: break;
    }
    return "client";
}

}  // namespace

void RateFinder::declare(Cli& cli) {
    cli.optional(
        "--find-rate", "LOW-HIGH",
        "find the highest rate that keeps every --assert (default between 1 and 1000000)",
        [this](std::string_view text) -> net::Status {
            if (text.empty()) {
                range_ = Range();
                return {};
            }
            const auto range = parse_range(text);
            if (!range)
                return net::fail(range.error());
            range_ = *range;
            return {};
        },
        [](std::string_view word) { return split_range(word).has_value(); });
}

std::string RateFinder::mistake(const Cli& cli, bool is_endless, bool has_many_servers) const {
    if (!is_requested())
        return {};
    if (!cli.given("assert"))
        return "--find-rate needs at least one --assert";
    for (const char* name :
         {"rate", "interval", "source-port", "metrics", "metrics-file", "targets", "skip-self"})
        if (cli.given(name))
            return fmt::format("--find-rate and --{} are mutually exclusive", name);
    if (has_many_servers)
        return "--find-rate measures one server";
    if (is_endless)
        return "--find-rate and -c 0 are mutually exclusive";
    return {};
}

std::optional<report::MeasurementReport> RateFinder::find(const Measure& measure,
                                                          const IsGood& is_good) const {
    probe::RateSearch search(*range_);
    std::vector<report::MeasurementReport> reports;  // of each step
    report::FoundRate found;
    const bool prints = !client_.common.json && !client_.common.quiet;
    bool is_interrupted = false;
    while (const auto rate = search.next()) {
        auto report = measure(*rate);
        is_interrupted = !report;
        if (is_interrupted)
            break;
        const RateRun outcome = outcome_of(*report, is_good(*report));
        search.take(outcome);
        found.steps.push_back(
            {*rate, outcome == RateRun::kept, outcome == RateRun::too_late, report->verdicts});
        reports.push_back(std::move(*report));
        if (prints) {
            io_.out.write(report::to_text(found.steps.back(), client_.common.colored(io_.out)));
            io_.out.flush();
        }
    }
    if (reports.empty())
        return std::nullopt;
    found.rate_per_s = search.found();
    found.confirmed = search.is_confirmed();
    found.limited_by =
        is_interrupted ? report::interrupted_search : limit_to_text(search.limited_by());
    std::size_t best = reports.size() - 1;
    for (std::size_t i = 0; i < reports.size(); ++i)
        if (found.steps[i].kept && found.steps[i].rate_per_s == found.rate_per_s)
            best = i;
    reports[best].found_rate = std::move(found);
    return std::move(reports[best]);
}

}  // namespace sockbox::tools
