// Tests of lib/report/measurement_metrics.
#include "report/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "tests/report/runs.h"

namespace sockbox::report {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string text_of(std::span<const MeasurementReport> reports) {
    return format_metrics(to_metrics(reports), MetricFormat::open_metrics);
}

TEST(MeasurementMetrics, EachTargetHasItsCountsAndItsHistogram) {
    const std::string text = text_of(std::array{run_of_nothing(), run_with_losses()});
    EXPECT_THAT(text, HasSubstr("udpecho_messages_sent_total{target=\"losses:7\"} 1004\n"));
    EXPECT_THAT(text, HasSubstr("udpecho_messages_lost_total{target=\"losses:7\"} 4\n"));
    EXPECT_THAT(text, HasSubstr("udpecho_messages_lost_total{target=\"nothing:7\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("# TYPE udpecho_messages_pending gauge\n"));
    // i * i / 5 + 100 us is at most 100 us for i from 0 to 2, and at most 10 ms up to 222.
    EXPECT_THAT(
        text,
        HasSubstr("udpecho_round_trip_seconds_bucket{target=\"losses:7\",le=\"0.0001\"} 3\n"));
    EXPECT_THAT(
        text,
        HasSubstr("udpecho_round_trip_seconds_bucket{target=\"losses:7\",le=\"0.01\"} 223\n"));
    EXPECT_THAT(text, HasSubstr("udpecho_round_trip_seconds_count{target=\"losses:7\"} 1000\n"));
    EXPECT_THAT(text, HasSubstr("udpecho_round_trip_seconds_count{target=\"nothing:7\"} 0\n"));
}

TEST(MeasurementMetrics, StreamsHaveNoneOfWhatOnlyDatagramsCanBe) {
    MeasurementReport report = run_of_one();
    report.tool = "echo";
    report.datagrams = false;
    const std::string text = text_of(std::array{report});
    EXPECT_THAT(text, HasSubstr("echo_messages_received_total{target=\"one:7\"} 1\n"));
    EXPECT_THAT(text, Not(HasSubstr("duplicated")));
    EXPECT_TRUE(to_metrics({}).empty());
}

}  // namespace
}  // namespace sockbox::report
