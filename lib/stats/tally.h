// How often each of a few different things happened, however many different ones there are.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace sockbox::stats {

// What happened, ordered by its words.
struct Failure {
    std::string message;  // safe to print
    std::string symbol;   // the system's name of it, "ECONNREFUSED"; empty where it has none
    int code = 0;         // its number there

    auto operator<=>(const Failure&) const = default;
};

// Counts by failure, in the order of their words. A run that never ends may meet others without
// end, for some hold what came from the network: beyond the first `most_kinds` all that are new are
// counted together, under `others`. Not synchronized; merge() brings threads together.
class Tally {
  public:
    static constexpr std::size_t most_kinds = 64;
    static constexpr const char* others = "others";

    // The count of that one, or of the others.
    std::uint64_t& operator[](const Failure& failure);
    void merge(const Tally& other);

    bool empty() const noexcept { return counts_.empty(); }
    std::size_t size() const noexcept { return counts_.size(); }
    auto begin() const noexcept { return counts_.begin(); }
    auto end() const noexcept { return counts_.end(); }

  private:
    std::map<Failure, std::uint64_t> counts_;
};

}  // namespace sockbox::stats
