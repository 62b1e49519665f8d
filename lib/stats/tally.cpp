// A map that stops growing.
#include "stats/tally.h"

namespace sockbox::stats {

std::uint64_t& Tally::operator[](const std::string& name) {
    const auto known = counts_.find(name);
    if (known != counts_.end())
        return known->second;
    const bool has_room = counts_.size() - counts_.count(others) < most_names;
    return counts_[has_room ? name : others];
}

void Tally::merge(const Tally& other) {
    for (const auto& [name, count] : other.counts_)
        (*this)[name] += count;
}

}  // namespace sockbox::stats
