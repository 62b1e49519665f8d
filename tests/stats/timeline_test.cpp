// Tests of lib/stats/timeline and of merging measurements.
#include "stats/timeline.h"

#include <gtest/gtest.h>

#include <numeric>

#include "stats/measurement.h"

namespace sockbox::stats {
namespace {

using namespace std::chrono_literals;

std::uint64_t total(const Timeline& timeline) {
    std::uint64_t count = 0;
    for (const Timeline::Span& span : timeline.spans())
        count += span.count;
    return count;
}

TEST(Timeline, PutsEachIntoItsSpan) {
    Timeline timeline;
    timeline.record(0ns, 5us);
    timeline.record(999us, 7us);
    timeline.record(1ms, 9us);
    timeline.record_lost(2ms);
    timeline.record_late(2ms);
    timeline.record(-1ns, 1h);
    ASSERT_EQ(timeline.spans().size(), 3U);
    EXPECT_EQ(timeline.spans()[0].count, 2U);
    EXPECT_EQ(timeline.spans()[0].longest, 7us);
    EXPECT_EQ(timeline.spans()[0].sum_ns, 12000);
    EXPECT_EQ(timeline.spans()[2].lost, 1U);
    EXPECT_EQ(timeline.spans()[2].late, 1U);
}

TEST(Timeline, FoldsInsteadOfGrowing) {
    Timeline timeline;
    for (int i = 0; i < 1000; ++i)
        timeline.record(i * 1ms, 1us * i);
    EXPECT_LE(timeline.spans().size(), Timeline::max_spans);
    EXPECT_EQ(timeline.width(), 4ms);
    EXPECT_EQ(total(timeline), 1000U);
    EXPECT_EQ(timeline.spans()[1].count, 4U);
    EXPECT_EQ(timeline.spans()[1].longest, 7us);
    timeline.record(24h, 1us);
    EXPECT_LE(timeline.spans().size(), Timeline::max_spans);
    EXPECT_EQ(total(timeline), 1001U);
}

TEST(Timeline, MergesDifferentWidths) {
    Timeline coarse;
    coarse.record(1000ms, 1us);
    Timeline fine;
    fine.record(5ms, 2us);
    fine.merge(coarse);
    EXPECT_EQ(fine.width(), coarse.width());
    EXPECT_EQ(total(fine), 2U);
    coarse.merge(fine);
    EXPECT_EQ(total(coarse), 3U);
}

TEST(Measurement, MergesCountsAndSeries) {
    Measurement a;
    a.sent = 3;
    a.received = 2;
    a.lost = 1;
    a.duration = 1s;
    a.rtt.record(1ms);
    Measurement b;
    b.sent = b.received = 2;
    b.duration = 2s;
    b.rtt.record(3ms);
    a.merge(b);
    EXPECT_EQ(a.sent, 5U);
    EXPECT_EQ(a.received, 4U);
    EXPECT_DOUBLE_EQ(a.loss(), 0.2);
    EXPECT_DOUBLE_EQ(a.rate_per_s(), 2);
    EXPECT_EQ(a.rtt.summary().mean, 2ms);
    EXPECT_EQ(Measurement().loss(), 0);
    EXPECT_EQ(Measurement().rate_per_s(), 0);
}

}  // namespace
}  // namespace sockbox::stats
