// A set of sequence numbers stored as runs, with a bound on memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

namespace sockbox::stats {

// Stores at most most_ranges runs, whatever is added. Not synchronized.
class SequenceRanges {
  public:
    static constexpr std::size_t most_ranges = 1000;

    // Once there are most_ranges runs, a number that extends none of them is only counted in
    // unlisted().
    void add(std::uint64_t number) { add_run(number, number); }
    void merge(const SequenceRanges& other);

    // The first number of each run, mapped to its last. Runs do not touch or overlap.
    const std::map<std::uint64_t, std::uint64_t>& runs() const noexcept { return runs_; }
    // Numbers that are in no run because there were too many runs.
    std::uint64_t unlisted() const noexcept { return unlisted_; }
    bool empty() const noexcept { return runs_.empty(); }

  private:
    void add_run(std::uint64_t first, std::uint64_t last);

    std::map<std::uint64_t, std::uint64_t> runs_;
    std::uint64_t unlisted_ = 0;
};

}  // namespace sockbox::stats
