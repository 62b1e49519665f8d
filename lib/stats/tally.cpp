// Maps that stop growing: failures by kind, and runs of sequence numbers.
#include "stats/tally.h"

#include <algorithm>
#include <iterator>

namespace sockbox::stats {

std::uint64_t& Tally::operator[](const Failure& failure) {
    const auto known = counts_.find(failure);
    if (known != counts_.end())
        return known->second;
    const Failure rest{{}, others, {}, 0};
    const bool has_room = counts_.size() - counts_.count(rest) < max_kinds;
    return counts_[has_room ? failure : rest];
}

void Tally::merge(const Tally& other) {
    for (const auto& [failure, count] : other.counts_)
        (*this)[failure] += count;
}

void Tally::keep_phase(std::string_view phase) {
    std::erase_if(counts_, [&](const auto& entry) { return entry.first.phase != phase; });
}

void SequenceRanges::add_run(std::uint64_t first, std::uint64_t last) {
    const std::uint64_t count = last - first + 1;
    // The last run that begins at or before `first`, if it reaches `first`.
    auto run = runs_.upper_bound(first);
    if (run != runs_.begin() && std::prev(run)->second + 1 >= first) {
        run = std::prev(run);
        run->second = std::max(run->second, last);
    } else if (run != runs_.end() && run->first - 1 <= last) {
        const std::uint64_t end = std::max(run->second, last);
        run = runs_.emplace_hint(runs_.erase(run), first, end);
    } else if (runs_.size() < most_) {
        run = runs_.emplace_hint(run, first, last);
    } else {
        unlisted_ += count;
        return;
    }
    // Absorb the following runs that it now touches.
    for (auto next = std::next(run); next != runs_.end() && next->first - 1 <= run->second;
         next = runs_.erase(next))
        run->second = std::max(run->second, next->second);
}

void SequenceRanges::merge(const SequenceRanges& other) {
    for (const auto& [first, last] : other.runs_)
        add_run(first, last);
    unlisted_ += other.unlisted_;
}

}  // namespace sockbox::stats
