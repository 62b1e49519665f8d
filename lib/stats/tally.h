// What went wrong, in bounded memory: failures by kind, and lost sequence numbers as runs.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "stats/detail.h"

namespace sockbox::stats {

// A kind of failure, ordered by phase and message.
struct Failure {
    std::string phase;    // what failed: "connect", "send", "receive", "icmp"; empty for `others`
    std::string message;  // the reason alone; safe to print on a terminal
    std::string symbol;   // the symbolic errno, "ECONNREFUSED"; empty if there is none
    int code = 0;         // the error number; 0 if there is none

    auto operator<=>(const Failure&) const = default;
};

// Counts failures by kind. Messages may contain text from the network, so an endless run can meet
// any number of different ones: beyond the first max_kinds, new kinds are counted together under
// `others`. Not synchronized; merge() combines the tallies of several
// threads.
class Tally {
  public:
    // How many kinds are told apart, and the message of all others.
    static constexpr std::size_t max_kinds = 64;
    static constexpr const char* others = "others";

    // The count for `failure`, or for `others` if it is new and there is no room.
    std::uint64_t& operator[](const Failure& failure);
    void merge(const Tally& other);
    // Forgets the failures in all phases but this one.
    void keep_phase(std::string_view phase);

    // The kinds that were counted, each with its count.
    bool empty() const noexcept { return counts_.empty(); }
    std::size_t size() const noexcept { return counts_.size(); }
    auto begin() const noexcept { return counts_.begin(); }
    auto end() const noexcept { return counts_.end(); }

  private:
    std::map<Failure, std::uint64_t> counts_;
};

// Sequence numbers, stored as runs from a first to a last one: at most max_ranges runs (with
// Detail::compact, max_ranges_compact), whatever is added. Not synchronized.
class SequenceRanges {
  public:
    // How many runs are kept, with Detail::full and with Detail::compact.
    static constexpr std::size_t max_ranges = 1000;
    static constexpr std::size_t max_ranges_compact = 32;

    // An empty list.
    explicit SequenceRanges(Detail detail = Detail::full) noexcept
        : most_(detail == Detail::full ? max_ranges : max_ranges_compact) {}

    // Once there are as many runs, a number that extends none of them is only counted in
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

    std::size_t most_;
    std::map<std::uint64_t, std::uint64_t> runs_;
    std::uint64_t unlisted_ = 0;
};

}  // namespace sockbox::stats
