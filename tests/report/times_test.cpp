// Tests of lib/report/times: the layout of the table.
#include "report/times.h"

#include <gtest/gtest.h>

namespace sockbox::report {
namespace {

using namespace std::chrono_literals;

stats::Summary summary_of(std::initializer_list<std::chrono::nanoseconds> times) {
    stats::Series series;
    for (const auto time : times)
        series.record(time);
    return series.summary();
}

TimesTable table_of_three() {
    TimesTable table;
    table.add("rtt", summary_of({1ms, 2ms, 3ms}));
    table.add("connect", summary_of({100ms, 200ms}));
    table.add("forward", stats::Summary{2, 1us, 2us, {}, {}, {}, {}, {}, 3us, {}});
    return table;
}

TEST(TimesTable, NamesAreLeftAndNumbersRight) {
    EXPECT_EQ(table_of_three().to_text(80),
              "ms           min     mean      p50      max  stddev\n"
              "rtt        1.000    2.000    2.000    3.000   1.000\n"
              "connect  100.000  150.000  100.000  200.000  70.711\n"
              "forward    0.001    0.002        -    0.003       -\n");
}

TEST(TimesTable, NarrowTerminalsHaveAColumnForEachSeries) {
    EXPECT_EQ(table_of_three().to_text(40),
              "ms        rtt  connect  forward\n"
              "min     1.000  100.000    0.001\n"
              "mean    2.000  150.000    0.002\n"
              "p50     2.000  100.000        -\n"
              "max     3.000  200.000    0.003\n"
              "stddev  1.000   70.711        -\n");
}

TEST(TimesTable, WhatDoesNotFitBesideComesBelow) {
    const std::string text = table_of_three().to_text(24);
    EXPECT_EQ(text,
              "ms        rtt  connect\n"
              "min     1.000  100.000\n"
              "mean    2.000  150.000\n"
              "p50     2.000  100.000\n"
              "max     3.000  200.000\n"
              "stddev  1.000   70.711\n"
              "ms      forward\n"
              "min       0.001\n"
              "mean      0.002\n"
              "p50           -\n"
              "max       0.003\n"
              "stddev        -\n");
    EXPECT_EQ(table_of_three().to_text(1).substr(0, 14), "ms        rtt\n") << "never empty";
}

TEST(TimesTable, NotesAreTheLastColumn) {
    TimesTable table("loss");
    EXPECT_EQ(table.to_text(80), "");
    table.add("idle", summary_of({1ms, 1ms}), "0%");
    table.add("nothing", {}, "100%");
    table.add("added", summary_of({1ms, 1ms}));
    EXPECT_EQ(table.to_text(80),
              "ms       min   mean    p50    max  stddev  loss\n"
              "idle   1.000  1.000  1.000  1.000   0.000    0%\n"
              "added  1.000  1.000  1.000  1.000   0.000\n");
}

}  // namespace
}  // namespace sockbox::report
