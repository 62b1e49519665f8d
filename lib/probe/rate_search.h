// The search for the highest rate of messages at which a measurement is good.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace sockbox::probe {

// What a run at one rate has shown.
enum class RateRun : std::uint8_t {
    kept,     // every assertion holds
    broken,   // an assertion is broken
    too_late  // this client could not send at the rate, so the run says nothing about the server
};

// Which rate to try next, without a clock or a socket: in growing steps up to the first rate that
// is not kept (or down to the first that is), then in the middle of the remaining interval, by
// ratio, until its ends differ by 5 % at most. The rate found is confirmed by a second run; if that
// fails, the search goes on below it.
//
//     RateSearch search({});
//     while (const auto rate = search.next())
//         search.take(measure(*rate));
//     if (search.found())
//         fmt::print("{}\n", *search.found());
class RateSearch {
  public:
    // Messages per second, 0 < low <= high. Within 12 runs, high / low may be a million.
    struct Range {
        double low = 1;
        double high = 1e6;
    };
    static constexpr unsigned max_runs = 12;
    static constexpr double precision = 1.05;  // the ratio of two rates that are alike

    explicit RateSearch(Range range);

    // The rate of the next run; nullopt once the search is over.
    std::optional<double> next() const noexcept;
    // What the run at the rate of next() has shown.
    void take(RateRun run);

    // The highest rate that was kept, for as far as the search has come; nullopt if none was.
    std::optional<double> found() const noexcept;
    // Whether it was kept twice.
    bool is_confirmed() const noexcept { return confirmed_; }
    // What the rate found is limited by: what a run at a higher rate has shown, or `kept` if that
    // was the highest rate of the range or no higher one was tried.
    RateRun limited_by() const noexcept { return limit_; }

  private:
    double highest_kept() const noexcept { return kept_.empty() ? 0 : kept_.back(); }
    bool is_narrow() const noexcept;

    Range range_;
    double step_;  // the factor between rates while one end is unknown
    double first_;
    std::vector<double> kept_;  // ascending
    double failed_ = 0;         // the lowest rate not kept; 0: none
    RateRun limit_ = RateRun::kept;
    bool confirmed_ = false;
    unsigned runs_ = 0;
};

}  // namespace sockbox::probe
