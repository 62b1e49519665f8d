// How often each of a few different things happened, however many different ones there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace sockbox::stats {

// Counts by name, in the order of the names. A run that never ends may meet names without end, for
// some hold what came from the network: beyond the first `most_names` all that are new are counted
// together, under `others`. Not synchronized; merge() brings threads together.
class Tally {
  public:
    static constexpr std::size_t most_names = 64;
    static constexpr const char* others = "others";

    // The count of that name, or of the others.
    std::uint64_t& operator[](const std::string& name);
    void merge(const Tally& other);

    bool empty() const noexcept { return counts_.empty(); }
    std::size_t size() const noexcept { return counts_.size(); }
    auto begin() const noexcept { return counts_.begin(); }
    auto end() const noexcept { return counts_.end(); }

  private:
    std::map<std::string, std::uint64_t> counts_;
};

}  // namespace sockbox::stats
