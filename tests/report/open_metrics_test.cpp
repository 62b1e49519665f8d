// Tests of lib/report/open_metrics.
#include "report/metrics.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace sockbox::report {
namespace {

const MetricBounds bounds(std::array{0.5, 1.0});

std::vector<MetricFamily> families() {
    return {
        {"x_received_bytes",
         MetricKind::counter,
         "bytes",
         "What came.",
         {{{}, 9007199254740991}},
         {}},
        {"x_open", MetricKind::gauge, {}, "Open \"now\".", {{{{"engine", "poll"}}, -1.5}}, {}},
        {"x_wait_seconds",
         MetricKind::histogram,
         "seconds",
         "Waits.",
         {},
         {{{{"e", "p"}}, bounds, {1, 2, 3}, 0.25}}},
    };
}

TEST(OpenMetrics, EveryKindInTheFormatOfThatName) {
    EXPECT_EQ(format_metrics(families(), MetricFormat::open_metrics),
              R"(# HELP x_received_bytes What came.
# TYPE x_received_bytes counter
# UNIT x_received_bytes bytes
x_received_bytes_total 9007199254740991
# HELP x_open Open \"now\".
# TYPE x_open gauge
x_open{engine="poll"} -1.5
# HELP x_wait_seconds Waits.
# TYPE x_wait_seconds histogram
# UNIT x_wait_seconds seconds
x_wait_seconds_bucket{e="p",le="0.5"} 1
x_wait_seconds_bucket{e="p",le="1.0"} 3
x_wait_seconds_bucket{e="p",le="+Inf"} 6
x_wait_seconds_count{e="p"} 6
x_wait_seconds_sum{e="p"} 0.25
# EOF
)");
}

TEST(OpenMetrics, TheClassicFormatNamesCountersAsTheirSamples) {
    const std::string text = format_metrics(families(), MetricFormat::classic);
    EXPECT_NE(text.find("# HELP x_received_bytes_total What came.\n"
                        "# TYPE x_received_bytes_total counter\n"
                        "x_received_bytes_total 9007199254740991\n"
                        "# HELP x_open Open \"now\".\n"),
              text.npos)
        << text;
    EXPECT_EQ(text.find("# UNIT"), text.npos);
    EXPECT_TRUE(text.ends_with("\n# EOF\n")) << text;
}

TEST(OpenMetrics, LabelsMayHoldAnything) {
    const MetricFamily family{
        "x", MetricKind::gauge, {}, "A \\ and\na line.", {{{{"a", "\"\\\n"}, {"b", ""}}, 1}}, {}};
    EXPECT_EQ(
        format_metrics({&family, 1}, MetricFormat::classic),
        "# HELP x A \\\\ and\\na line.\n# TYPE x gauge\nx{a=\"\\\"\\\\\\n\",b=\"\"} 1\n# EOF\n");
}

TEST(OpenMetrics, NumbersThatAreNoneHaveTheirNames) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const double none = std::numeric_limits<double>::quiet_NaN();
    const MetricFamily family{
        "x", MetricKind::gauge, {}, "", {{{}, infinity}, {{}, -infinity}, {{}, none}, {{}, 1e300}},
        {}};
    EXPECT_EQ(format_metrics({&family, 1}, MetricFormat::classic),
              "# HELP x \n# TYPE x gauge\nx +Inf\nx -Inf\nx NaN\nx 1e+300\n# EOF\n");
}

}  // namespace
}  // namespace sockbox::report
