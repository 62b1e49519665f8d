// Compares the three measurements, as text and as JSON.
#include "report/under_load.h"

#include <fmt/format.h>

#include "report/color.h"
#include "report/counted.h"
#include "report/times.h"

namespace sockbox::report {
namespace {

using stats::Summary;
void add_row(TimesTable& table, std::string_view name, const MeasurementReport& report) {
    table.add(name, report.numbers.rtt.summary(),
              fmt::format("{:.3g}%", report.numbers.loss() * 100));
}

// The deviations of two series cannot be subtracted.
constexpr bool is_comparable(const TimeFigure& figure) {
    return figure.time != &Summary::deviation;
}

Summary difference(const Summary& idle, const Summary& loaded) {
    Summary added;
    added.count = std::min(idle.count, loaded.count);
    for (const TimeFigure& figure : time_figures) {
        const Time& before = idle.*figure.time;
        const Time& during = loaded.*figure.time;
        if (before && during && is_comparable(figure))
            added.*figure.time = *during - *before;
    }
    return added;
}

// No one-way delay is longer than the longest round trip, unless the clocks differ.
Summary difference(const stats::Way& idle, const stats::Way& loaded,
                   std::chrono::nanoseconds longest_round_trip) {
    Summary before = idle.delay.summary();
    Summary during = loaded.delay.summary();
    if (during.max && *during.max <= longest_round_trip && before.min && before.min->count() >= 0)
        for (const auto& [share, time] :
             {std::pair(0.5, &Summary::p50), std::pair(0.9, &Summary::p90),
              std::pair(0.99, &Summary::p99)}) {
            before.*time = idle.delays.quantile(share);
            during.*time = loaded.delays.quantile(share);
        }
    return difference(before, during);
}

Json added_object(const Summary& added) {
    Json object = Json::object();
    for (const TimeFigure& figure : time_figures)
        if (is_comparable(figure))
            object.set(figure.json, nanoseconds(added.*figure.time));
    return object;
}

Json measurement_object(const MeasurementReport& report) {
    Json object = Json::object();
    add_measurement(report, object);
    return object;
}

}  // namespace

AddedDelay added_delay(const UnderLoad& load, const MeasurementReport& loaded) {
    const Summary times = loaded.numbers.rtt.summary();
    AddedDelay added{difference(load.idle.numbers.rtt.summary(), times)};
    const auto& before = load.idle.numbers.directions;
    const auto& during = loaded.numbers.directions;
    if (before && during && times.max) {
        added.forward = difference(before->forward, during->forward, *times.max);
        added.backward = difference(before->backward, during->backward, *times.max);
    }
    return added;
}

std::optional<double> round_trips_per_minute(const MeasurementReport& loaded) {
    const Time mean = loaded.numbers.rtt.summary().mean;
    if (!mean || mean->count() == 0)
        return std::nullopt;
    return std::chrono::duration<double>(std::chrono::minutes(1)) /
           std::chrono::duration<double>(*mean);
}

std::string to_text(const UnderLoad& load, const MeasurementReport& loaded) {
    TimesTable table("loss");
    add_row(table, "idle", load.idle);
    add_row(table, "loaded", loaded);
    if (load.idle_after)
        add_row(table, "idle after", *load.idle_after);
    const AddedDelay added = added_delay(load, loaded);
    table.add("added", added.round_trip);
    if (added.forward && added.backward) {
        table.add("  forward", *added.forward);
        table.add("  backward", *added.backward);
    }
    std::string text = "latency under load:\n" + table.to_text(loaded.columns);
    text += fmt::format("load: {}, {:.6g} MB/s each way\n", counted(load.flows, "TCP flow"),
                        load.bytes_per_s / 1e6);
    if (load.broken > 0)
        text += fmt::format("{} {} ended early: {}\n", painted(loaded.colored, yellow, "warning:"),
                            counted(load.broken, "flow"), load.reason);
    if (const auto trips = round_trips_per_minute(loaded))
        text += fmt::format("{:.0f} round trips a minute under load\n", *trips);
    return text;
}

void add_under_load(const UnderLoad& load, const MeasurementReport& loaded, Json& json) {
    const AddedDelay added = added_delay(load, loaded);
    Json times = added_object(added.round_trip);
    if (added.forward && added.backward)
        times.set("forward", added_object(*added.forward))
            .set("backward", added_object(*added.backward));
    json.set("idle", measurement_object(load.idle))
        .set("loaded", measurement_object(loaded))
        .set("idle_after", load.idle_after ? measurement_object(*load.idle_after) : Json())
        .set("added", std::move(times))
        .set("round_trips_per_minute", round_trips_per_minute(loaded))
        .set("load_bytes_per_s", load.bytes_per_s)
        .set("load_flows", load.flows)
        .set("load_broken", load.broken);
}

}  // namespace sockbox::report
