// Which sequence numbers something happened to, as runs: bounded, however many there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

namespace sockbox::stats {

class SequenceRanges {
  public:
    static constexpr std::size_t most_ranges = 1000;

    // Once there are most_ranges runs, a number that lengthens none of them is counted only.
    void add(std::uint64_t number) { add_run(number, number); }
    void merge(const SequenceRanges& other);

    // The first number of each run, and its last; in rising order, with gaps between them.
    const std::map<std::uint64_t, std::uint64_t>& runs() const noexcept { return runs_; }
    // How many numbers are in no run, for want of room.
    std::uint64_t unlisted() const noexcept { return unlisted_; }
    bool empty() const noexcept { return runs_.empty(); }

  private:
    void add_run(std::uint64_t first, std::uint64_t last);

    std::map<std::uint64_t, std::uint64_t> runs_;
    std::uint64_t unlisted_ = 0;
};

}  // namespace sockbox::stats
