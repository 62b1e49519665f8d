// Tests of lib/report/plot.
#include "report/plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support.h"

namespace sockbox::report {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::size_t columns_of(std::string_view line) {
    return static_cast<std::size_t>(std::ranges::count_if(
        line, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

TEST(Plot, NothingIsDrawnOfNothing) {
    EXPECT_EQ(plot(stats::Measurement(), 80), "");
}

TEST(Plot, WithoutRepliesOnlyLossesAreMarked) {
    stats::Measurement measurement;
    for (int i = 0; i < 3; ++i)
        measurement.timeline.record_lost(2ms * i);
    EXPECT_EQ(plot(measurement, 80), "over time, 1 ms a column\nlost x x x\n");
}

TEST(Plot, OneValueIsOneFullBar) {
    stats::Measurement measurement;
    measurement.rtt.record(1ms);
    measurement.timeline.record(0ns, 1ms);
    const auto text = test::lines(plot(measurement, 60));
    ASSERT_EQ(text.size(), 12U);
    EXPECT_EQ(text[0], "round trips from 1.000 ms");
    EXPECT_THAT(text[2], testing::StartsWith("     1.000 ms        1    100.00% █"));
    EXPECT_EQ(columns_of(text[2]), 60U);
    EXPECT_EQ(text[3], "over time, 1 ms a column, heights from 0 to 1 ms");
    EXPECT_EQ(text[4], "max  █");
    EXPECT_EQ(text[8], "mean █");
    EXPECT_EQ(text[11], "     █");
}

TEST(Plot, RowsAreNoFinerThanTheyArePrinted) {
    stats::Measurement measurement;
    for (const auto time : {99'400ns, 101'900ns, 103'200ns}) {
        measurement.rtt.record(time);
        measurement.timeline.record(0ns, time);
    }
    const auto text = test::lines(plot(measurement, 60));
    ASSERT_EQ(text[5].substr(0, 9), "over time") << text[5];
    EXPECT_THAT(text[2], testing::StartsWith("     0.101 ms        1     33.33% █"));
    EXPECT_THAT(text[3], testing::StartsWith("     0.102 ms        1     66.67% █"));
    EXPECT_THAT(text[4], testing::StartsWith("     0.103 ms        1    100.00% █"));
}

TEST(Plot, HeightsAreLogarithmicIfTimesAreFarApart) {
    stats::Measurement measurement;
    for (int i = 0; i < 20; ++i) {
        const auto time = i == 10 ? 50ms : 100us * (i + 1);
        measurement.rtt.record(time);
        measurement.timeline.record(1ms * i, time);
    }
    const auto text = test::lines(plot(measurement, 80));
    EXPECT_THAT(text[18], HasSubstr("heights from 0.1 to 50 ms (logarithmic)"));
    EXPECT_EQ(text[19], "max            █         ");
    EXPECT_EQ(text[22], "     ▁▄▆▇████████████████") << "each of the lowest can be told apart";
    for (const std::string& line : test::lines(plot(measurement, 40)))
        EXPECT_LE(columns_of(line), 40U) << line;
}

TEST(Plot, FitsItsColumnsAndMarksTheLost) {
    stats::Measurement measurement;
    for (int i = 1; i <= 5000; ++i) {
        measurement.rtt.record(10us * i);
        measurement.timeline.record(1ms * i, 10us * i);
    }
    measurement.timeline.record_lost(2500ms);
    measurement.timeline.record_late(3500ms);
    for (const std::size_t columns : {std::size_t{40}, std::size_t{80}, std::size_t{200}}) {
        const std::string text = plot(measurement, columns);
        for (const std::string& line : test::lines(text))
            EXPECT_LE(columns_of(line), columns) << line;
        EXPECT_EQ(std::ranges::count(text, 'x'), 2) << "the mark, and that of max";
        EXPECT_EQ(std::ranges::count(text, '^'), 1);
    }
}

}  // namespace
}  // namespace sockbox::report
