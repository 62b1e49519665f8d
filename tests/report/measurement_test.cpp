// Tests of lib/report/measurement.
#include "report/measurement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/report/runs.h"

namespace sockbox::report {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

MeasurementReport report_of(std::initializer_list<std::chrono::milliseconds> times) {
    MeasurementReport report;
    report.tool = "echo";
    report.target = "127.0.0.1:7";
    report.numbers.sent = report.numbers.received = times.size();
    report.numbers.duration = 1s;
    for (const auto time : times)
        report.numbers.rtt.record(time);
    return report;
}

TEST(MeasurementReport, WithoutRepliesNoUndefinedNumbersAreShown) {
    const MeasurementReport nothing;
    EXPECT_THAT(to_text(nothing), Not(HasSubstr("rtt")));
    EXPECT_THAT(to_text(nothing), Not(HasSubstr("nan")));
    const std::string json = to_json(nothing).to_string();
    EXPECT_THAT(json, HasSubstr(R"("rtt":{"min_ns":null,"mean_ns":null,"p50_ns":null)"));
    EXPECT_THAT(json, HasSubstr(R"("rate_per_s":0.0)"));
    EXPECT_THAT(json, HasSubstr(R"("asserts":[])"));
}

TEST(MeasurementReport, OneSampleHasNoDeviation) {
    const auto report = report_of({5ms});
    EXPECT_THAT(to_json(report).to_string(), HasSubstr(R"("max_ns":5000000,"stddev_ns":null)"));
    EXPECT_THAT(to_text(report), HasSubstr("\nrtt = 5.000 ms\n")) << "one number, not eight";
}

TEST(MeasurementReport, CountsOfDatagramsAndStreamsDiffer) {
    auto report = report_of({1ms, 2ms});
    report.numbers.mismatched = 1;
    EXPECT_THAT(to_json(report).to_string(), HasSubstr(R"("mismatched":1)"));
    EXPECT_THAT(to_text(report), HasSubstr("1 mismatched"));
    report.datagrams = true;
    const std::string json = to_json(report).to_string();
    EXPECT_THAT(json, HasSubstr(R"("late":0,"duplicated":0,"reordered":0,"corrupted":1)"));
    EXPECT_THAT(json, HasSubstr(R"("jitter_ns":null)"));
    EXPECT_THAT(json, Not(HasSubstr("connect")));
}

// Exactly as computed by hand.
TEST(MeasurementReport, ShowsMedianAndVariation) {
    auto report = report_of({10ms, 12ms, 11ms, 15ms, 10ms, 10ms, 30ms, 10ms});
    report.datagrams = true;
    for (const auto time : {10ms, 12ms, 11ms, 15ms, 10ms, 10ms, 30ms, 10ms})
        report.numbers.jitter.record(time);
    EXPECT_THAT(to_text(report), HasSubstr("rtt median = 10.500 ms\n"
                                           "jitter = 3.003 ms, mean variation = 7.429 ms\n"));
    const std::string json = to_json(report).to_string();
    EXPECT_THAT(json, HasSubstr(R"("p50_ns":10000000,"p90_ns":30000000,)"));
    EXPECT_THAT(json, HasSubstr(R"("stddev_ns":6886840,"median_ns":10500000},"jitter_ns":3002615,)"
                                R"("mean_variation_ns":7428571,)"));
    EXPECT_THAT(to_text(report_of({})), Not(HasSubstr("median")));
    EXPECT_THAT(to_text(report_of({1ms, 2ms, 3ms})), Not(HasSubstr("median"))) << "p50 tells it";
    EXPECT_THAT(to_json(report_of({})).to_string(), HasSubstr(R"("median_ns":null)"));
}

// Lateness counts only as far as it is part of the times: sending late matters in an open loop
// only.
TEST(MeasurementReport, WarnsWhenTheClientWasLate) {
    constexpr const char* warning = "warning: the client's own lateness";
    auto report = report_of({10ms});
    report.numbers.open_loop = true;
    report.numbers.slip.record(999us);
    EXPECT_THAT(to_text(report), Not(HasSubstr("warning")));
    EXPECT_THAT(to_json(report).to_string(), HasSubstr(R"("client_late":false)"));
    report.numbers.unread.record(2us);
    EXPECT_THAT(to_text(report), HasSubstr(warning)) << "both together";
    EXPECT_THAT(to_text(report), HasSubstr("\nunread = 0.002 ms\n"));
    report.numbers.open_loop = false;
    report.numbers.slip.record(1s);
    EXPECT_THAT(to_text(report), Not(HasSubstr("warning")));
    EXPECT_THAT(to_text(report), Not(HasSubstr("unread"))) << "it does not matter";
    EXPECT_THAT(to_text(report), HasSubstr("\nlateness "));
    report.verbose = true;
    EXPECT_THAT(to_text(report), HasSubstr("unread"));
    report.numbers.unread.record(2ms);
    report.numbers.unread.record(2ms);
    EXPECT_THAT(to_text(report), HasSubstr(warning));
    EXPECT_THAT(to_json(report).to_string(), HasSubstr(R"("client_late":true)"));
}

// A client that stalls for a part of the run affects only the tail.
TEST(MeasurementReport, WarnsWhenTheTailIsTheClientsOwn) {
    auto report = report_of({});
    report.numbers.open_loop = true;
    for (int i = 0; i < 100; ++i) {
        report.numbers.rtt.record(i < 90 ? 1ms : 1s);
        report.numbers.slip.record(i < 90 ? 0ms : 400ms);
    }
    EXPECT_FALSE(report.numbers.is_client_late());
    for (int i = 0; i < 10; ++i)
        report.numbers.slip.record(600ms);
    EXPECT_TRUE(report.numbers.is_client_late());
}

TEST(MeasurementReport, VerdictsStandInTextAndJson) {
    auto report = report_of({1ms});
    using stats::Unit;
    report.verdicts = {{"p99<1us", 1e6, Unit::nanoseconds, "1.00 ms", false},
                       {"loss<1%", 0.5, Unit::percent, "0.5%", true},
                       {"rate>1", 2.5, Unit::per_second, "2.5", true},
                       {"reordered<1", 0.0, Unit::count, "0", true},
                       {"jitter<1s", std::nullopt, Unit::nanoseconds, "none", false}};
    EXPECT_THAT(to_text(report), HasSubstr("assert p99<1us: BROKEN (1.00 ms)\n"));
    EXPECT_THAT(to_json(report).to_string(),
                HasSubstr(R"("asserts":[)"
                          R"({"expression":"p99<1us","value":1000000,"unit":"ns","ok":false},)"
                          R"({"expression":"loss<1%","value":0.5,"unit":"percent","ok":true},)"
                          R"({"expression":"rate>1","value":2.5,"unit":"per_s","ok":true},)"
                          R"({"expression":"reordered<1","value":0,"unit":"count","ok":true},)"
                          R"({"expression":"jitter<1s","value":null,"unit":"ns","ok":false}])"));
}

TEST(MeasurementReport, OnlyThePercentilesThatTheCountCanCarryAreShown) {
    auto report = report_of({});
    const auto add = [&](int count) {
        for (int i = 0; i < count; ++i)
            report.numbers.rtt.record(1ms);
    };
    add(3);
    EXPECT_THAT(to_text(report), HasSubstr("\nms     min   mean    p50    max  stddev\n"
                                           "rtt  1.000  1.000  1.000  1.000   0.000\n"));
    EXPECT_THAT(to_json(report).to_string(), HasSubstr(R"("p999_ns":1000000)"));
    EXPECT_THAT(to_interim_text(report), HasSubstr("rtt min/mean/p50/max = "));
    add(7);
    EXPECT_THAT(to_text(report), HasSubstr(" p50    p90    max "));
    add(90);
    EXPECT_THAT(to_text(report), HasSubstr(" p90    p99    max "));
    EXPECT_THAT(to_interim_text(report), HasSubstr("rtt min/mean/p50/p99/max = "));
    add(900);
    EXPECT_THAT(to_text(report), HasSubstr(" p99  p99.9    max "));
}

TEST(MeasurementReport, VerdictsAndWarningsHaveColours) {
    auto report = report_of({10ms});
    report.numbers.unread.record(9ms);
    report.verdicts = {{"p50<1us", 1e7, stats::Unit::nanoseconds, "10 ms", false},
                       {"loss<1%", 0, stats::Unit::percent, "0%", true}};
    EXPECT_THAT(to_text(report), Not(HasSubstr("\x1b")));
    report.colored = true;
    EXPECT_THAT(to_text(report), HasSubstr("assert p50<1us: \x1b[31mBROKEN\x1b[0m (10 ms)\n"));
    EXPECT_THAT(to_text(report), HasSubstr("assert loss<1%: \x1b[32mok\x1b[0m (0%)\n"));
    EXPECT_THAT(to_text(report), HasSubstr("\x1b[33mwarning:\x1b[0m the client's own"));
}

TEST(MeasurementReport, WhatCannotBeToldApartHasNoOrder) {
    auto report = report_of({});
    report.datagrams = true;
    report.numbers.distinguishable = false;
    EXPECT_THAT(to_text(report), HasSubstr("cannot be told apart: no times, no order\n"));
    EXPECT_THAT(to_json(report).to_string(),
                AllOf(HasSubstr(R"("late":null,"duplicated":null,"reordered":null,"corrupted":0)"),
                      HasSubstr(R"("lost_numbers":null,"lost_numbers_unlisted":null,)")));
}

TEST(MeasurementReport, LateEchoesOfAStreamAreInEachForm) {
    auto report = report_of({1ms});
    report.numbers.late = 7;
    EXPECT_THAT(to_text(report), HasSubstr("7 late"));
    EXPECT_THAT(to_json(report).to_string(), HasSubstr(R"("surplus_bytes":0,"late":7,)"));
}

TEST(MeasurementReport, NumbersAndNounsAgree) {
    auto report = report_of({1ms});
    report.numbers.kernel.connections = 1;
    report.numbers.kernel.retransmits = 2;
    report.numbers.slip.record(1us);
    report.numbers.missed_slots = 1;
    report.errors[{"send", "Broken pipe", "EPIPE", 32}] = 1;
    report.errors[{"receive", "nothing", {}, 0}] = 2;
    report.responders["192.0.2.1:7"] = 1;
    EXPECT_THAT(to_text(report), HasSubstr("kernel: 1 connection, min_rtt - ms, 2 retransmits, "));
    EXPECT_THAT(to_text(report), HasSubstr("\nschedule: 1 slot missed\n"));
    EXPECT_THAT(to_text(report), HasSubstr("\nerror: send: Broken pipe (EPIPE) (1 time)\n"));
    EXPECT_THAT(to_json(report).to_string(),
                HasSubstr(R"("errors":[{"symbol":null,"code":0,"message":"nothing",)"
                          R"("phase":"receive","count":2},{"symbol":"EPIPE","code":32,)"
                          R"("message":"Broken pipe","phase":"send","count":1}])"));
    EXPECT_THAT(to_text(report), HasSubstr("\n1 reply from 192.0.2.1:7\n"));
}

TEST(MeasurementReport, AnInterimReportIsOneLineWithBothDirections) {
    const std::string text = to_interim_text(run_each_way());
    EXPECT_THAT(text, testing::StartsWith("ways:862: after 1.000 s: 1 sent, 1 received, 0 lost"));
    EXPECT_THAT(text, testing::EndsWith(", forward 2 lost, mean delay 7.500 ms, backward 0 lost, "
                                        "mean delay -0.500 ms\n"));
    EXPECT_THAT(to_json(run_each_way(), "interim").to_string(),
                HasSubstr(R"("forward":{"lost":2,"delay":{"min_ns":7000000,)"));
    EXPECT_THAT(to_interim_text(run_of_one()), Not(HasSubstr("forward")));
}

TEST(MeasurementReport, HdrHistogramTextRisesToTheWhole) {
    const auto report = report_of({10ms, 20ms, 20ms, 40ms});
    const std::string text = to_hgrm(report.numbers.rtt);
    EXPECT_THAT(text,
                testing::StartsWith("       Value     Percentile TotalCount 1/(1-Percentile)\n\n"));
    EXPECT_THAT(text, HasSubstr(" 0.250000000000          1           1.33\n"));
    EXPECT_THAT(text, HasSubstr(" 0.750000000000          3           4.00\n"));
    EXPECT_THAT(text, HasSubstr("   40.000000 1.000000000000          4\n"));
    EXPECT_THAT(text, HasSubstr("#[Mean    =    22.500000, StdDeviation   =    10.897247]\n"))
        << "by n, as HdrHistogram does";
    EXPECT_THAT(text, HasSubstr("#[Max     =    40.000000, Total count    =            4]\n"));
}

}  // namespace
}  // namespace sockbox::report
