// Invented measurements for tests of reports.
#pragma once

#include "report/measurement.h"

namespace sockbox::report {

inline MeasurementReport run_of_nothing() {
    MeasurementReport report;
    report.tool = "udpecho";
    report.target = "nothing:7";
    report.datagrams = true;
    report.numbers.duration = std::chrono::seconds(1);
    return report;
}

inline MeasurementReport run_of_one() {
    MeasurementReport report = run_of_nothing();
    report.target = "one:7";
    report.numbers.sent = report.numbers.received = 1;
    report.numbers.rtt.record(std::chrono::milliseconds(5));
    report.numbers.timeline.record(std::chrono::milliseconds(300), std::chrono::milliseconds(5));
    return report;
}

// A thousand messages in two seconds; four are lost in three places, and one of them is late.
inline MeasurementReport run_with_losses() {
    using std::chrono::microseconds;
    using std::chrono::milliseconds;
    MeasurementReport report = run_of_nothing();
    report.target = "losses:7";
    report.numbers.duration = std::chrono::seconds(2);
    for (int i = 0; i < 1000; ++i) {
        const microseconds time(100 + i * i / 5);
        report.numbers.rtt.record(time);
        report.numbers.timeline.record(milliseconds(2 * i), time);
    }
    for (const int at : {500, 500, 1000, 1500})
        report.numbers.timeline.record_lost(milliseconds(at));
    report.numbers.timeline.record_late(milliseconds(1600));
    report.numbers.sent = 1004;
    report.numbers.received = 1000;
    report.numbers.lost = 4;
    report.numbers.late = 1;
    report.verdicts = {{"p99<1s", 2e8, stats::Unit::nanoseconds, "200 ms", true},
                       {"loss<0.1%", 0.4, stats::Unit::percent, "0.4%", false}};
    report.parameters = {{"payload", "64 bytes"}};
    return report;
}

// One-way results from a reflector whose clock is 2 ms ahead: 5 ms forward, 3 ms backward.
inline MeasurementReport run_each_way() {
    using std::chrono::milliseconds;
    MeasurementReport report = run_of_one();
    report.target = "ways:862";
    stats::Directions ways;
    for (const int i : {0, 1}) {
        ways.forward.delay.record(milliseconds(7 + i));
        ways.forward.variation.record(milliseconds(7 + i));
        ways.backward.delay.record(milliseconds(-1 + i));
        ways.backward.variation.record(milliseconds(-1 + i));
        ways.processing.record(std::chrono::microseconds(20));
    }
    ways.forward.lost = 2;
    ways.backward.lost = 0;
    ways.clock_error = milliseconds(2);
    report.numbers.directions = ways;
    return report;
}

}  // namespace sockbox::report
