// A map of failures that stops growing.
#include "stats/tally.h"

namespace sockbox::stats {

std::uint64_t& Tally::operator[](const Failure& failure) {
    const auto known = counts_.find(failure);
    if (known != counts_.end())
        return known->second;
    const Failure rest{others, {}, 0};
    const bool has_room = counts_.size() - counts_.count(rest) < most_kinds;
    return counts_[has_room ? failure : rest];
}

void Tally::merge(const Tally& other) {
    for (const auto& [failure, count] : other.counts_)
        (*this)[failure] += count;
}

}  // namespace sockbox::stats
