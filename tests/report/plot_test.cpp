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
    EXPECT_EQ(plot({}, 80), "");
}

TEST(Plot, OneValueIsOneFullBar) {
    stats::Measurement measurement;
    measurement.rtt.record(1ms);
    measurement.timeline.record(0ns, 1ms);
    const auto text = test::lines(plot(measurement, 60));
    ASSERT_EQ(text.size(), 5U);
    EXPECT_THAT(text[1], testing::StartsWith("    1.000 to     1.000 ms        1 █"));
    EXPECT_EQ(text[3], "max  █");
    EXPECT_EQ(text[4], "mean █");
}

TEST(Plot, FitsItsColumnsAndMarksTheLost) {
    stats::Measurement measurement;
    for (int i = 1; i <= 5000; ++i) {
        measurement.rtt.record(10us * i);
        measurement.timeline.record(1ms * i, 10us * i);
    }
    measurement.timeline.record_lost(2500ms);
    for (const std::size_t columns : {std::size_t{40}, std::size_t{80}, std::size_t{200}}) {
        const std::string text = plot(measurement, columns);
        for (const std::string& line : test::lines(text))
            EXPECT_LE(columns_of(line), std::max<std::size_t>(columns, 62)) << line;
        EXPECT_EQ(std::ranges::count(text, 'x'), 2) << "the mark, and that of max";
    }
}

}  // namespace
}  // namespace sockbox::report
