// Summaries of times, in milliseconds as text and in nanoseconds as JSON.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/json.h"
#include "stats/summary.h"

namespace sockbox::report {

using Time = std::optional<std::chrono::nanoseconds>;

// One figure of a summary.
struct TimeFigure {
    std::string_view text;  // its name in text and in JSON
    std::string_view json;
    Time stats::Summary::*time;
    double share = 0;  // of a percentile
};

inline constexpr std::array time_figures{
    TimeFigure{"min", "min_ns", &stats::Summary::min},
    TimeFigure{"mean", "mean_ns", &stats::Summary::mean},
    TimeFigure{"p50", "p50_ns", &stats::Summary::p50},
    TimeFigure{"p90", "p90_ns", &stats::Summary::p90, 0.9},
    TimeFigure{"p99", "p99_ns", &stats::Summary::p99, 0.99},
    TimeFigure{"p99.9", "p999_ns", &stats::Summary::p999, 0.999},
    TimeFigure{"max", "max_ns", &stats::Summary::max},
    TimeFigure{"stddev", "stddev_ns", &stats::Summary::deviation},
};

// Whether a percentile means anything among so many samples: 0.99 takes a hundred of them.
bool carries_percentile(std::uint64_t count, double share);

// "0.042", or "-" if undefined.
std::string milliseconds(const Time& time);

// An integer, or null if undefined.
Json nanoseconds(const Time& time);

// The object of a summary, with every member of time_figures.
Json times_object(const stats::Summary& summary);

// Several summaries as a table of milliseconds with aligned columns.
//
//     ms         min   mean    p50    max  stddev
//     rtt      0.085  0.091  0.089  0.098   0.007
//     connect  0.168  0.171  0.169  0.177   0.004
class TimesTable {
  public:
    // With a heading, the table has a last column for the notes.
    explicit TimesTable(std::string_view heading_of_notes = {});

    // Adds a row. A summary without samples has none.
    void add(std::string_view name, const stats::Summary& times, std::string_view note = {});

    // The lines, each with its newline; empty without rows. A figure that no row has is left out.
    // If the lines are longer than `columns` characters, each row becomes a column, in several
    // tables one below the other if necessary.
    std::string to_text(std::size_t columns) const;

  private:
    using Line = std::vector<std::string>;
    std::vector<Line> lines_;  // the first one is the heading
};

}  // namespace sockbox::report
