// The steps of the search for a rate.
#include "probe/rate_search.h"

#include <algorithm>
#include <cmath>

namespace sockbox::probe {
namespace {

// With five steps of this factor to either end, then five halvings and the confirmation, the search
// takes twelve runs at most. A range that is not as wide is searched from its low end.
constexpr double wide = 1024;  // high / low
constexpr double steps_from_middle = 5;

}  // namespace

RateSearch::RateSearch(Range range) : range_(range) {
    const double width = range.high / range.low;
    const bool is_wide = width > wide;
    first_ = is_wide ? std::sqrt(range.low * range.high) : range.low;
    step_ =
        std::max(2.0, std::pow(width, 1 / (is_wide ? 2 * steps_from_middle : steps_from_middle)));
}

bool RateSearch::is_narrow() const noexcept {
    const double kept = highest_kept();
    return kept > 0 && (kept >= range_.high || (failed_ > 0 && failed_ / kept <= precision));
}

std::optional<double> RateSearch::next() const noexcept {
    const double kept = highest_kept();
    const bool hopeless = kept == 0 && failed_ > 0 && failed_ <= range_.low;
    if (confirmed_ || hopeless || runs_ == max_runs)
        return std::nullopt;
    if (is_narrow() || (kept > 0 && runs_ + 1 == max_runs))
        return kept;
    if (kept > 0 && failed_ > 0)
        return std::sqrt(kept * failed_);
    if (kept > 0)
        return std::min(kept * step_, range_.high);
    if (failed_ > 0)
        return std::max(failed_ / step_, range_.low);
    return first_;
}

void RateSearch::take(RateRun run) {
    const double rate = *next();
    const bool is_second = rate == highest_kept();
    ++runs_;
    if (run != RateRun::kept) {
        limit_ = run;
        failed_ = rate;
        if (is_second)
            kept_.pop_back();
    } else if (is_second) {
        confirmed_ = true;
    } else {
        kept_.push_back(rate);
    }
}

std::optional<double> RateSearch::found() const noexcept {
    return kept_.empty() ? std::nullopt : std::optional(kept_.back());
}

}  // namespace sockbox::probe
