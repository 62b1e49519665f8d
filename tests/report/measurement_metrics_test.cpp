// Tests of lib/report/measurement_metrics.
#include "report/measurement_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <sstream>

#include "tests/report/runs.h"

namespace sockbox::report {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string text_of(std::span<const MeasurementReport> reports) {
    MeasurementMetrics metrics(reports.empty() ? "udpecho" : reports.front().tool);
    for (const MeasurementReport& report : reports)
        metrics.add(report);
    return format_metrics(metrics.families(), MetricFormat::open_metrics);
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
    EXPECT_THAT(text_of({}), HasSubstr("udpecho_build_info{version="));
}

// Numbers in an object and all that is in it, by their path.
void add_numbers(const Json& json, const std::string& path, std::map<std::string, double>& found) {
    if (const auto number = json.number())
        found[path] = *number;
    for (const auto& [name, member] : json.members())
        add_numbers(member, path + '.' + name, found);
    for (const Json& element : json.elements())
        add_numbers(element, path + ".element", found);
}

void add_kernel_view(stats::Measurement& numbers) {
    numbers.kernel.merge({17, std::chrono::nanoseconds(12347), 19, {}, {}});
    for (const std::uint64_t value : {23U, 29U}) {
        numbers.kernel.congestion_window.record(value);
        numbers.kernel.delivery_rate.record(value * 100'003);
    }
}

// What a reflector reports, and how datagrams arrived, each with a value of its own.
void add_reflector(stats::Directions& directions) {
    directions.dscp_there = std::uint8_t{46};
    directions.ecn_there = std::uint8_t{1};
    directions.dscp_back = std::uint8_t{34};
    directions.ecn_back = std::uint8_t{3};
    directions.ecn_counts_there.of = {6007, 6011, 6029, 6037};
    directions.implausible = 43;
    for (int i = 0; i < 59; ++i)
        directions.other_lengths.record(47);
    stats::ReflectorReport& told = directions.reflector;
    told.was_asked = true;
    told.seen_from = "192.0.2.7:5000";
    told.clock_source = std::uint8_t{2};
    told.arrival_method = std::uint8_t{1};
    told.departure_method = std::uint8_t{9};
    told.received = 5003U;
    told.sent = 5009U;
    for (const int ns : {601, 809})
        told.left_later.record(std::chrono::nanoseconds(ns));
    told.unverified = 53;
}

// Every number with a value of its own, so that each can be told from all others.
MeasurementReport run_of_everything(bool datagrams) {
    MeasurementReport report = datagrams ? run_each_way() : run_of_one();
    report.tool = datagrams ? "udpecho" : "echo";
    if (datagrams)
        add_reflector(*report.numbers.directions);
    if (datagrams)
        report.numbers.ecn_counts_back.of = {6043, 6047, 6053, 6067};
    report.datagrams = datagrams;
    stats::Measurement& numbers = report.numbers;
    std::uint64_t next = 1001;
    for (std::uint64_t* count :
         {&numbers.sent, &numbers.pending, &numbers.unsent, &numbers.mismatched,
          &numbers.surplus_bytes, &numbers.late, &numbers.duplicated, &numbers.reordered,
          &numbers.foreign, &numbers.missed_slots, &numbers.undelivered, &numbers.spoiled,
          &numbers.misdirected, &numbers.overflowed, &numbers.sent_bytes, &numbers.received_bytes,
          &numbers.resolve_failures})
        *count = next++;
    numbers.received = 3001;
    numbers.lost = 9001;
    numbers.duration = std::chrono::milliseconds(2345);
    for (stats::Series* series : {&numbers.rtt, &numbers.connect, &numbers.slip, &numbers.unread})
        for (int i = 0; i < 2000; ++i)
            series->record(
                std::chrono::nanoseconds(1'000'003 + 7919 * i * static_cast<int>(++next % 97)));
    numbers.own_time.record(std::chrono::nanoseconds(4321));
    for (const int ns : {5001, 7003, 11007})
        numbers.jitter.record(std::chrono::nanoseconds(ns));
    numbers.outages.answered(std::chrono::milliseconds(11));
    numbers.outages.missed(std::chrono::milliseconds(501));
    if (datagrams)
        report.responders["192.0.2.1:7"] = 37;
    else
        add_kernel_view(numbers);
    report.errors[{"send", "no", "ENOBUFS", 105}] = 31;
    report.verdicts = {{"late<1", 41, stats::Unit::count, "41", false}};
    return report;
}
// What Prometheus can compute from others, and what is no number of that kind.
bool is_exempt(std::string_view path) {
    constexpr std::array exempt{".code", ".median_ns", ".lost_numbers_unlisted",
                                ".lost_numbers.element"};
    return std::ranges::any_of(exempt, [&](std::string_view end) { return path.ends_with(end); });
}

TEST(MeasurementMetrics, HaveEveryNumberOfTheJsonResult) {
    for (const bool datagrams : {true, false}) {
        const MeasurementReport report = run_of_everything(datagrams);
        std::map<std::string, double> numbers;
        add_numbers(*Json::parse(to_json(report).to_string()), "", numbers);
        EXPECT_GT(numbers.size(), 40U);
        std::vector<double> samples;
        std::istringstream text(text_of(std::array{report}));
        for (std::string line; std::getline(text, line);)
            if (!line.starts_with('#'))
                samples.push_back(std::stod(line.substr(line.rfind(' ') + 1)));
        for (const auto& [path, number] : numbers) {
            const double wanted = path.ends_with("_ns") ? number / 1e9 : number;
            const bool found = std::ranges::any_of(samples, [&](double sample) {
                return std::abs(sample - wanted) <= std::abs(wanted) * 1e-9;
            });
            EXPECT_TRUE(found || is_exempt(path)) << path << " = " << number;
        }
    }
}

TEST(MeasurementMetrics, WhatTheReflectorTellsAboutItselfAreLabels) {
    const std::string text = text_of(std::array{run_of_everything(true)});
    EXPECT_THAT(text, HasSubstr("udpecho_ecn_there{target=\"ways:862\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("udpecho_ecn_back{target=\"ways:862\"} 3\n"));
    EXPECT_THAT(text,
                HasSubstr("udpecho_reflector_info{target=\"ways:862\",seen_from=\"192.0.2.7:5000\","
                          "clock=\"ptp\",arrival_timestamps=\"hardware\","
                          "departure_timestamps=\"9\"} 1\n"));
    EXPECT_THAT(text_of(std::array{run_each_way()}), Not(HasSubstr("reflector_info")));
}

TEST(MeasurementMetrics, LabelsOfTheServerAreOnEachSeries) {
    MeasurementReport report = run_with_losses();
    report.labels = {{"site", "a \"b\"\n\\c"}};
    std::istringstream text(text_of(std::array{report}));
    for (std::string line; std::getline(text, line);) {
        if (line.starts_with('#') || line.starts_with("udpecho_build_info"))
            continue;
        EXPECT_THAT(line, HasSubstr("{target=\"losses:7\",site=\"a \\\"b\\\"\\n\\\\c\""));
    }
}

}  // namespace
}  // namespace sockbox::report
