// Several runs of a measurement of one server, which are reported as one.
#include <algorithm>

#include "tools/client/measuring.h"

namespace sockbox::tools {

int Measuring::measure_repeatedly(const Subject& subject, int before) {
    return load_.is_requested() ? measure_under_load(subject, before) : find_rate(subject, before);
}

int Measuring::find_rate(const Subject& subject, int before) {
    std::optional<net::Error> failure;
    std::optional<report::MeasurementReport> cut_short;
    auto report = rate_finder_.find(
        [&](double rate_per_s) -> std::optional<report::MeasurementReport> {
            rate_ = rate_per_s;
            auto measured = measure_once(subject, {});
            if (!measured)
                failure = measured.error();
            if (!measured)
                return std::nullopt;
            if (is_interrupted())
                cut_short = std::move(*measured);
            else
                return std::move(*measured);
            return std::nullopt;
        },
        [&](const report::MeasurementReport& done) {
            return results_.status_of(done, false) == exit_ok;
        });
    if (failure)
        return client_.fail(io_, *failure, exit_refused, subject.named());
    if (is_interrupted())
        end_line_of_interrupt();
    if (!report && cut_short && cut_short->numbers.sent > 0) {
        report = std::move(cut_short);
        report->found_rate.emplace().limited_by = report::interrupted_search;
    }
    if (!report)
        return fail_interrupted(subject.named());
    const int found = report->found_rate->rate_per_s ? exit_ok : exit_mismatch;
    return conclude_single(std::move(*report), subject, std::max(before, found));
}

int Measuring::measure_under_load(const Subject& subject, int before) {
    auto report = load_.run(
        {*subject.server, subject.target, subject.connect_timeout},
        [&](std::string_view part) { return measure_once(subject, part); }, *stop_);
    if (!report)
        return client_.fail(io_, report.error(), exit_refused, subject.named());
    if (is_interrupted())
        end_line_of_interrupt();
    if (!report->under_load && report->numbers.sent > 0) {
        io_.err.print(
            "{}: {}: the summary is that of the idle path, to which --assert does not apply\n",
            client_.tool,
            is_interrupted() ? "interrupted before the load began"
                             : "no load, because nothing came back on the idle path");
        report->verdicts =
            results_.report_of(subject.target, probe::Measured(), is_open_loop()).verdicts;
    }
    const int status = results_.status_of(*report, is_interrupted());
    return conclude_single(std::move(*report), subject, std::max(before, status));
}

// A run of its own, of which only the progress is shown.
net::Result<report::MeasurementReport> Measuring::measure_once(const Subject& subject,
                                                               std::string_view part) {
    used_threads_ = threads(1);
    auto measurements = probe::Measurements::create({used_threads_, spin_, false}, *stop_);
    if (!measurements)
        return net::fail(measurements.error());
    Runs runs(std::move(*measurements));
    add(runs, subject);
    if (const auto started = runs.start(); !started) {
        stop_->raise();
        return net::fail(started.error());
    }
    WatchOptions options = watch_options(1);
    options.part = part;
    Watch(
        io_, runs, *stop_, options,
        [&](const Runs::Run& run, probe::Measured measured) {
            return report_of(run.subject, std::move(measured));
        },
        [&] { return notices_.take(); })
        .run();
    const auto& measured = runs.outcome(*runs.all().front());
    if (!measured)
        return net::fail(measured.error());
    auto report = report_of(subject, *measured);
    report.parameters = parameters(report);
    return report;
}

int Measuring::conclude_single(report::MeasurementReport report, const Subject& subject,
                               int status) {
    results_.print(report, subject.hint);
    std::vector<report::MeasurementReport> reports;
    reports.push_back(std::move(report));
    return results_.write(std::move(reports), status);
}

}  // namespace sockbox::tools
