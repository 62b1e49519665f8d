// Tests of lib/stats/summary and jitter against values computed by hand.
#include "stats/summary.h"

#include <gtest/gtest.h>

#include "stats/directions.h"

namespace sockbox::stats {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds vector[] = {10ms, 12ms, 11ms, 15ms, 10ms, 10ms, 30ms, 10ms};

TEST(Summary, OfNothingIsUndefined) {
    const Summary summary = Series().summary();
    EXPECT_EQ(summary.count, 0U);
    EXPECT_FALSE(summary.min || summary.mean || summary.p50 || summary.max || summary.deviation);
    EXPECT_FALSE(Jitter().value());
}

TEST(Summary, OfOneSampleHasNoDeviation) {
    Series series;
    series.record(5ms);
    const Summary summary = series.summary();
    EXPECT_EQ(summary.min, 5ms);
    EXPECT_EQ(summary.mean, 5ms);
    EXPECT_EQ(summary.p999, 5ms);
    EXPECT_FALSE(summary.deviation);
}

TEST(Summary, AgreesWithTheKnownVector) {
    Series series;
    Jitter jitter;
    for (const milliseconds value : vector) {
        series.record(value);
        jitter.record(value);
    }
    const Summary summary = series.summary();
    EXPECT_EQ(summary.min, 10ms);
    EXPECT_EQ(summary.max, 30ms);
    EXPECT_EQ(summary.mean, 13'500'000ns);
    EXPECT_DOUBLE_EQ(series.sum_ns(), 108e6);
    EXPECT_EQ(summary.deviation, 6'886'840ns);
    EXPECT_EQ(summary.median, 10'500'000ns) << "between 10 and 11 ms";
    EXPECT_EQ(summary.p50, 10ms) << "a sample, by nearest rank";
    EXPECT_EQ(summary.p90, 30ms);
    EXPECT_EQ(jitter.value(), 3'002'615ns);
    EXPECT_EQ(jitter.mean_variation(), 7'428'571ns);
}

TEST(Summary, MedianLiesInTheMiddle) {
    Series series;
    for (const milliseconds value : {30ms, 10ms, 11ms})
        series.record(value);
    EXPECT_EQ(series.summary().median, 11ms);
    Series other;
    other.record(12ms);
    series.merge(other);
    EXPECT_EQ(series.summary().median, 11'500'000ns);
    EXPECT_FALSE(Series().summary().median);
}

// Percentiles of a short series are samples; those of a long one are as close as the histogram.
TEST(Summary, IsExactAsLongAsAllSamplesAreKept) {
    Series series;
    Series halves[2];
    for (std::size_t i = 1; i <= Series::max_exact; ++i) {
        const auto value = nanoseconds(1'000'000'000 + 7 * i);
        series.record(value);
        halves[i % 2].record(value);
    }
    halves[0].merge(halves[1]);
    for (const Series& exact : {series, halves[0]}) {
        EXPECT_EQ(exact.summary().p50, 1'000'003'500ns);
        EXPECT_EQ(exact.summary().p999, 1'000'006'993ns);
        EXPECT_EQ(exact.summary().median, 1'000'003'503ns);
    }
    series.merge(halves[0]);
    EXPECT_EQ(series.summary().p50, series.histogram().quantile(0.5));
    series.record(2s);
    EXPECT_EQ(series.summary().p999, series.histogram().quantile(0.999));
    EXPECT_NEAR(static_cast<double>(series.summary().median->count()), 1e9, 5e5);
}

TEST(Summary, MergesToTheSameAsOneRecorder) {
    Series first;
    Series second;
    Series whole;
    for (int i = 1; i <= 1000; ++i) {
        const nanoseconds value(1'000'000'000LL + i * i);
        (i % 3 == 0 ? first : second).record(value);
        whole.record(value);
    }
    first.merge(second);
    first.merge(Series());
    const Summary merged = first.summary();
    const Summary expected = whole.summary();
    EXPECT_EQ(merged.count, expected.count);
    EXPECT_EQ(merged.mean, expected.mean);
    EXPECT_EQ(merged.deviation, expected.deviation);
    EXPECT_EQ(merged.p99, expected.p99);
}

}  // namespace
}  // namespace sockbox::stats
