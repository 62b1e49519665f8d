// Counts of distinct failures, with a bound on how many are kept apart.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace sockbox::stats {

// A kind of failure, ordered by message.
struct Failure {
    std::string message;  // safe to print on a terminal
    std::string symbol;   // the symbolic errno, "ECONNREFUSED"; empty if there is none
    int code = 0;         // the error number; 0 if there is none

    auto operator<=>(const Failure&) const = default;
};

// Counts failures, in the order of their messages. Messages may contain text from the network, so
// an endless run can meet any number of different ones: beyond the first most_kinds, new kinds are
// counted together under `others`. Not synchronized; merge() combines the tallies of several
// threads.
class Tally {
  public:
    static constexpr std::size_t most_kinds = 64;
    static constexpr const char* others = "others";

    // The count for `failure`, or for `others` if it is new and there is no room.
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
