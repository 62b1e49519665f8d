// Tests of lib/report/html: the content of the page.
#include "report/page/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "report/scale.h"
#include "tests/report/runs.h"

namespace sockbox::report {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string page(const MeasurementReport& report) {
    return to_html(std::array{report});
}

std::size_t count(std::string_view text, std::string_view word) {
    std::size_t found = 0;
    for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1))
        ++found;
    return found;
}

TEST(Html, WithoutRepliesThereAreNoCharts) {
    const std::string html = page(run_of_nothing());
    EXPECT_THAT(html, HasSubstr("No reply came back in time"));
    EXPECT_THAT(html, Not(HasSubstr("<svg")));
    EXPECT_THAT(html, Not(testing::AnyOf(HasSubstr("nan"), HasSubstr("inf"))));
}

TEST(Html, OneSampleIsAPictureWithItsMark) {
    const std::string html = page(run_of_one());
    EXPECT_EQ(count(html, "<svg"), 2U);
    EXPECT_THAT(html, HasSubstr(">max 5 ms</text>"));
    EXPECT_THAT(html, Not(HasSubstr(">p50 "))) << "it would be no percentile";
    EXPECT_THAT(html, Not(testing::AnyOf(HasSubstr("nan"), HasSubstr("inf"))));
}

TEST(Html, LossesLateRepliesAndVerdictsAreShown) {
    const std::string html = page(run_with_losses());
    EXPECT_EQ(count(html, "<path class=\"lost\""), 3U);
    EXPECT_EQ(count(html, "<path class=\"late\""), 1U);
    EXPECT_THAT(html, HasSubstr("<title>2 lost at "));
    EXPECT_THAT(html, HasSubstr(">p99 "));
    EXPECT_THAT(html, HasSubstr("✗ BROKEN"));
    EXPECT_THAT(html, HasSubstr("✓ ok"));
    EXPECT_THAT(html, HasSubstr("<th scope=\"row\">payload</th><td class=\"text\">64 bytes</td>"));
}

TEST(Html, ShowsWhatTheTextShows) {
    MeasurementReport report = run_with_losses();
    report.numbers.undelivered = 1;
    report.numbers.missed_slots = 2;
    report.responders["192.0.2.1:7"] = 3;
    for (int i = 0; i < 10; ++i)
        report.numbers.own_time.record(std::chrono::milliseconds(1));
    EXPECT_THAT(page(report), HasSubstr("<p>Lost: 3 on the path, 1 undelivered (ICMP).</p>"));
    EXPECT_THAT(page(report), HasSubstr("<p>2 slots of the schedule missed.</p>"));
    EXPECT_THAT(page(report), HasSubstr("<p>3 replies from 192.0.2.1:7.</p>"));
    EXPECT_THAT(page(report), HasSubstr("On average 1 ms is spent in this host's own stack, "));
    EXPECT_THAT(page(run_of_one()), Not(testing::AnyOf(HasSubstr("Lost: "), HasSubstr("missed"),
                                                       HasSubstr("own stack"))));
}

TEST(Html, NamesServersThatWereNotMeasured) {
    MeasurementReport dead;
    dead.target = "dead:7";
    dead.failure = "connect 192.0.2.1:7: <refused>";
    const std::string html = to_html(std::vector{run_of_one(), dead});
    EXPECT_THAT(html, HasSubstr("<h2>dead:7</h2>\n<p class=\"bad\">Not measured: connect "
                                "192.0.2.1:7: &lt;refused&gt;</p>\n</section>\n</body>"));
    EXPECT_EQ(count(html, "<h3>Counts</h3>"), 1U);
}

TEST(Html, BothDirectionsAreShown) {
    MeasurementReport report = run_each_way();
    EXPECT_THAT(page(report),
                HasSubstr("<tr><th scope=\"row\">forward</th><td class=\"bad\">2</td><td>7 ms</td>"
                          "<td>7.5 ms</td><td>8 ms</td><td>707 µs</td><td>62.5 µs</td></tr>"));
    EXPECT_THAT(page(report), HasSubstr("<th scope=\"row\">backward</th><td>0</td><td>−1 ms</td>"
                                        "<td>−500 µs</td><td>0</td>"));
    EXPECT_THAT(page(report), HasSubstr("<p class=\"warn\">The clocks are not both synchronized; "
                                        "one-way delays may be wrong by 2 ms.</p>"));
    report.numbers.directions->forward.lost.reset();
    report.numbers.directions->synchronized = true;
    EXPECT_THAT(page(report), HasSubstr("<th scope=\"row\">forward</th><td>unknown</td>"));
    EXPECT_THAT(page(report), HasSubstr("<p>Both clocks are synchronized; "));
    EXPECT_THAT(page(run_with_losses()), Not(HasSubstr("Each direction")));
}

TEST(Html, ShowsHowDatagramsArrivedAndWhatTheReflectorTells) {
    MeasurementReport report = run_each_way();
    stats::Directions& ways = *report.numbers.directions;
    EXPECT_THAT(page(report), Not(HasSubstr("DSCP"))) << "nothing was marked";
    ways.dscp_there = 46;
    ways.ecn_counts_there.of = {0, 0, 2, 1};
    report.numbers.ecn_counts_back.of = {3, 0, 0, 0};
    ways.dscp_back = 34;
    ways.reflector.seen_from = "<192.0.2.7>";
    ways.reflector.clock_source = std::uint8_t{1};
    ways.reflector.received = ways.reflector.sent = 3U;
    ways.reflector.unverified = 2;
    EXPECT_THAT(page(report),
                HasSubstr("<p>DSCP: arrived at the reflector as 46</p>\n"
                          "<p>DSCP: arrived here as 34</p>\n"
                          "<p>seen by the reflector from &lt;192.0.2.7&gt;</p>\n"
                          "<p>reflector&#39;s clock: ntp</p>\n"
                          "<p>reflector&#39;s count: 3 received, 3 sent</p>\n"
                          "<p class=\"warn\">warning: the extensions of 2 replies are not "
                          "authentic</p>\n"
                          "<p>ECN: arrived at the reflector as 2 ECT(0), 1 CE</p>\n"
                          "<p>ECN: arrived here as 3 Not-ECT</p>\n"));
}

TEST(Html, WhatWasTypedStaysText) {
    MeasurementReport report = run_of_one();
    report.target = "<script>alert('1')</script>&\"";
    report.errors[{{}, "<b>bold</b>", {}, 0}] = 1;
    report.verdicts.push_back({"p99<1ms", {}, stats::Unit::nanoseconds, "<i>", false});
    report.parameters = {{"<u>", "</table>"}};
    const std::string html = page(report);
    EXPECT_THAT(html, Not(testing::AnyOf(HasSubstr("<script"), HasSubstr("<b>"), HasSubstr("<i>"),
                                         HasSubstr("<u>"), HasSubstr("</table></td>"))));
    EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;"));
    EXPECT_THAT(html, HasSubstr("p99&lt;1ms"));
}

TEST(Html, StaysSmallHoweverMuchWasMeasured) {
    MeasurementReport report = run_of_nothing();
    for (int i = 1; i <= 300'000; ++i) {
        report.numbers.rtt.record(std::chrono::nanoseconds(std::int64_t{i} * i));
        report.numbers.timeline.record(std::chrono::microseconds(i), std::chrono::nanoseconds(i));
    }
    EXPECT_LT(page(report).size(), 150'000U);
}

TEST(Scale, RoundNumbersLabelIt) {
    const Scale linear = Scale::fitting(70, 93, 0, 100);
    EXPECT_FALSE(linear.is_logarithmic());
    EXPECT_THAT(linear.ticks(), testing::ElementsAre(0, 20, 40, 60, 80, 100));
    EXPECT_EQ(linear(50), 50);
    const Scale logarithmic = Scale::fitting(11, 900, 0, 100);
    EXPECT_TRUE(logarithmic.is_logarithmic());
    EXPECT_THAT(logarithmic.ticks(), testing::ElementsAre(10, 20, 50, 100, 200, 500, 1000));
    EXPECT_DOUBLE_EQ(logarithmic(100), 50);
    EXPECT_DOUBLE_EQ(logarithmic(5), 0) << "outside is moved to the edge";
    EXPECT_LE(Scale::fitting(1, 1e17, 0, 1).ticks().size(), 10U);
}

TEST(Scale, TimesHaveTheirUnit) {
    EXPECT_EQ(short_time(0), "0");
    EXPECT_EQ(short_time(950), "950 ns");
    EXPECT_EQ(short_time(22'210), "22.2 µs");
    EXPECT_EQ(short_time(1'500'000), "1.5 ms");
    EXPECT_EQ(short_time(7.2e12), "7200 s");
}

}  // namespace
}  // namespace sockbox::report
