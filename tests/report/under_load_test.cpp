// Tests of lib/report/under_load: the three measurements beside each other, and their difference.
#include "report/under_load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/page/html.h"
#include "tests/report/runs.h"

namespace sockbox::report {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

// A hundred round trips of `base` ms and a little more each.
MeasurementReport run_of(int base) {
    MeasurementReport report = run_of_nothing();
    report.target = "loaded:7";
    report.numbers.sent = report.numbers.received = 100;
    for (int i = 0; i < 100; ++i)
        report.numbers.rtt.record(milliseconds(base) + std::chrono::microseconds(i * 10));
    return report;
}

MeasurementReport loaded_run() {
    UnderLoad load;
    load.flows = 4;
    load.bytes_per_s = 2.5e6;
    load.idle = run_of(10);
    load.idle_after = run_of(11);
    MeasurementReport report = run_of(110);
    report.numbers.lost = 100;
    report.under_load = std::make_shared<const UnderLoad>(std::move(load));
    return report;
}

stats::Directions ways(int forward, int backward) {
    stats::Directions ways;
    for (const int i : {0, 1, 2}) {
        ways.forward.record(milliseconds(forward + i));
        ways.backward.record(milliseconds(backward + i));
    }
    return ways;
}

// With one-way delays by clocks that differ by `offset` ms.
MeasurementReport loaded_run_each_way(int offset) {
    UnderLoad load = *loaded_run().under_load;
    load.idle.numbers.directions = ways(5 + offset, 5 - offset);
    MeasurementReport report = loaded_run();
    report.numbers.directions = ways(85 + offset, 25 - offset);
    report.under_load = std::make_shared<const UnderLoad>(std::move(load));
    return report;
}

TEST(UnderLoad, TextIsATable) {
    EXPECT_THAT(
        to_text(loaded_run()),
        HasSubstr("latency under load:\n"
                  "ms              min     mean      p50      p90      p99      max  stddev  loss\n"
                  "idle         10.000   10.495   10.490   10.890   10.980   10.990   0.290    0%\n"
                  "loaded      110.000  110.495  110.490  110.890  110.980  110.990   0.290   50%\n"
                  "idle after   11.000   11.495   11.490   11.890   11.980   11.990   0.290    0%\n"
                  "added       100.000  100.000  100.000  100.000  100.000  100.000       -\n"
                  "load: 4 TCP flows, 2.5 MB/s each way\n"
                  "543 round trips a minute under load\n"));
}

TEST(UnderLoad, TextWarnsOfFlowsThatEnded) {
    MeasurementReport report = loaded_run();
    UnderLoad load = *report.under_load;
    load.broken = 1;
    load.reason = "receive [::1]:7: reset";
    load.idle_after.reset();
    report.under_load = std::make_shared<const UnderLoad>(load);
    const std::string text = to_text(report);
    EXPECT_THAT(text, HasSubstr("warning: 1 flow ended early: receive [::1]:7: reset\n"));
    EXPECT_THAT(text, testing::Not(HasSubstr("idle after")));
    EXPECT_THAT(to_json(report).to_string(), HasSubstr(R"("idle_after":null)"));
}

TEST(UnderLoad, JsonHasEachMeasurementAndTheDifference) {
    const std::string json = to_json(loaded_run()).to_string();
    for (const char* part :
         {R"("lost":100,"pending":0)", R"("idle":{"sent":100,"received":100,"lost":0,)",
          R"("loaded":{"sent":100,"received":100,"lost":100,)", R"("idle_after":{"sent":100,)",
          R"("added":{"min_ns":100000000,"mean_ns":100000000,"p50_ns":100000000,)"
          R"("p90_ns":100000000,"p99_ns":100000000,"p999_ns":100000000,"max_ns":100000000},)",
          R"("round_trips_per_minute":543.0)",
          R"("load_bytes_per_s":2500000.0,"load_flows":4,)"
          R"("load_broken":0})"})
        EXPECT_THAT(json, HasSubstr(part));
}

TEST(UnderLoad, EachDirectionHasItsOwnDifference) {
    const AddedDelay added =
        added_delay(*loaded_run_each_way(0).under_load, loaded_run_each_way(0));
    ASSERT_TRUE(added.forward && added.backward);
    EXPECT_EQ(added.forward->mean, milliseconds(80));
    EXPECT_NEAR(std::chrono::duration<double>(*added.forward->p50).count(), 0.080, 0.080 * 0.017);
    EXPECT_EQ(added.backward->mean, milliseconds(20));
    EXPECT_THAT(to_text(loaded_run_each_way(0)), HasSubstr("\n  forward    80.000   80.000 "));
    EXPECT_THAT(to_json(loaded_run_each_way(0)).to_string(),
                HasSubstr(R"("forward":{"min_ns":80000000,"mean_ns":80000000,"p50_ns":)"));
}

TEST(UnderLoad, AnOffsetBetweenTheClocksCancelsOut) {
    for (const int offset : {-3'600'000, 7, 3'600'000}) {
        const MeasurementReport report = loaded_run_each_way(offset);
        const AddedDelay added = added_delay(*report.under_load, report);
        ASSERT_TRUE(added.forward && added.backward);
        EXPECT_EQ(added.forward->mean, milliseconds(80));
        EXPECT_EQ(added.backward->max, milliseconds(20));
        if (offset != 7) {
            EXPECT_FALSE(added.forward->p50) << "it would be rounded to a minute";
        }
    }
}

TEST(UnderLoad, HtmlHasTheTableAndTheCourses) {
    const MeasurementReport report = loaded_run_each_way(0);
    const std::string html = to_html({&report, 1});
    EXPECT_THAT(html, HasSubstr("<h3>Latency under load</h3>"));
    EXPECT_THAT(html, HasSubstr(R"(<th scope="row">added</th><td>100 ms</td>)"));
    EXPECT_THAT(html, HasSubstr(R"(<th scope="row">added forward</th><td>80 ms</td>)"));
    EXPECT_THAT(html, HasSubstr("Load: 4 TCP flows, 2.5 MB/s each way. 543 round trips a minute"));
    EXPECT_THAT(html, HasSubstr("<h3>Idle after the load</h3>"));
}

}  // namespace
}  // namespace sockbox::report
