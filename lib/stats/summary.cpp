// Running moments, and the summary of a series.
#include "stats/summary.h"

#include <algorithm>
#include <cmath>

namespace sockbox::stats {
namespace {

using std::chrono::nanoseconds;

// Rounds half away from zero, as llround() does, without loading libm for it.
std::optional<nanoseconds> rounded(std::optional<double> ns) {
    if (!ns)
        return std::nullopt;
    return nanoseconds(static_cast<std::int64_t>(*ns < 0 ? *ns - 0.5 : *ns + 0.5));
}

}  // namespace

void Moments::record(double value) noexcept {
    ++count_;
    const double before = value - mean_;
    mean_ += before / static_cast<double>(count_);
    squares_ += before * (value - mean_);
}

void Moments::merge(const Moments& other) noexcept {
    if (other.count_ == 0)
        return;
    const double mine = static_cast<double>(count_);
    const double theirs = static_cast<double>(other.count_);
    const double apart = other.mean_ - mean_;
    mean_ += apart * theirs / (mine + theirs);
    squares_ += other.squares_ + apart * apart * mine * theirs / (mine + theirs);
    count_ += other.count_;
}

std::optional<double> Moments::mean() const noexcept {
    return count_ > 0 ? std::optional(mean_) : std::nullopt;
}

std::optional<double> Moments::deviation() const noexcept {
    if (count_ < 2)
        return std::nullopt;
    return std::sqrt(squares_ / static_cast<double>(count_ - 1));
}

void Series::record(nanoseconds duration) {
    if (samples_.size() == moments_.count()) {
        if (samples_.size() < max_samples_)
            samples_.push_back(duration);
        else
            samples_ = {};
    }
    histogram_.record(duration);
    moments_.record(static_cast<double>(duration.count()));
}

void Series::merge(const Series& other) {
    const bool all_here = samples_.size() == moments_.count() &&
                          other.samples_.size() == other.moments_.count() &&
                          samples_.size() + other.samples_.size() <= max_samples_;
    if (all_here)
        samples_.insert(samples_.end(), other.samples_.begin(), other.samples_.end());
    else
        samples_ = {};
    histogram_.merge(other.histogram_);
    moments_.merge(other.moments_);
}

double Series::sum_ns() const noexcept {
    return moments_.mean().value_or(0) * static_cast<double>(moments_.count());
}

Summary Series::summary() const {
    Summary summary;
    summary.count = moments_.count();
    summary.min = histogram_.min();
    summary.max = histogram_.max();
    summary.mean = rounded(moments_.mean());
    summary.deviation = rounded(moments_.deviation());
    if (summary.count == 0)
        return summary;
    std::vector<nanoseconds> sorted;
    if (samples_.size() == summary.count)
        sorted = samples_;
    std::ranges::sort(sorted);
    const auto at_rank = [&](std::uint64_t rank) {
        return sorted.empty() ? histogram_.at_rank(rank) : sorted[rank - 1];
    };
    const auto at = [&](double share) { return at_rank(Histogram::rank_of(share, summary.count)); };
    summary.p50 = at(0.5);
    summary.p90 = at(0.9);
    summary.p99 = at(0.99);
    summary.p999 = at(0.999);
    summary.median = (*summary.p50 + at_rank(summary.count / 2 + 1)) / 2;
    return summary;
}

using std::chrono::nanoseconds;

void TimeSpread::record(nanoseconds time) noexcept {
    moments_.record(static_cast<double>(time.count()));
    smallest_ = std::min(smallest_, time);
    largest_ = std::max(largest_, time);
}

void TimeSpread::merge(const TimeSpread& other) noexcept {
    moments_.merge(other.moments_);
    smallest_ = std::min(smallest_, other.smallest_);
    largest_ = std::max(largest_, other.largest_);
}

double TimeSpread::sum_ns() const noexcept {
    return moments_.mean().value_or(0) * static_cast<double>(count());
}

Summary TimeSpread::summary() const {
    Summary summary;
    summary.count = count();
    if (count() == 0)
        return summary;
    summary.min = smallest_;
    summary.max = largest_;
    summary.mean = rounded(moments_.mean());
    summary.deviation = rounded(moments_.deviation());
    return summary;
}

}  // namespace sockbox::stats
