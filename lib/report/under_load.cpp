// Compares the three measurements, as text and as JSON.
#include "report/under_load.h"

#include <fmt/format.h>

#include <array>

#include "report/color.h"
#include "report/counted.h"

namespace sockbox::report {
namespace {

using stats::Summary;
using Time = std::optional<std::chrono::nanoseconds>;

struct Column {
    std::string_view text;
    std::string_view json;
    Time Summary::*time;
    double share = 0;  // of a percentile
};

constexpr std::array columns{
    Column{"min", "min_ns", &Summary::min},       Column{"mean", "mean_ns", &Summary::mean},
    Column{"p50", "p50_ns", &Summary::p50},       Column{"p90", "p90_ns", &Summary::p90, 0.9},
    Column{"p99", "p99_ns", &Summary::p99, 0.99}, Column{"max", "max_ns", &Summary::max},
};

std::string row(std::string_view name, const Summary& times, std::string_view last) {
    std::string text = fmt::format("{:<11}", name);
    for (const Column& column : columns) {
        const Time& time = times.*column.time;
        const bool is_shown = time && carries_percentile(times.count, column.share);
        text += fmt::format(
            "{:>10}",
            is_shown ? fmt::format("{:.3f}", static_cast<double>(time->count()) / 1e6) : "-");
    }
    return fmt::format("{}{:>8}\n", text, last);
}

std::string row(std::string_view name, const MeasurementReport& report) {
    return row(name, report.numbers.rtt.summary(),
               fmt::format("{:.3g}%", report.numbers.loss() * 100));
}

Summary difference(const Summary& idle, const Summary& loaded) {
    Summary added;
    added.count = std::min(idle.count, loaded.count);
    for (const Column& column : columns)
        if (const Time& before = idle.*column.time, &during = loaded.*column.time; before && during)
            added.*column.time = *during - *before;
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

Json times_object(const Summary& times) {
    Json object = Json::object();
    for (const Column& column : columns) {
        const Time& time = times.*column.time;
        object.set(column.json, time ? Json(time->count()) : Json());
    }
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
    std::string text = "latency under load, in ms:\n           ";
    for (const Column& column : columns)
        text += fmt::format("{:>10}", column.text);
    text += fmt::format("{:>8}\n", "loss");
    text += row("idle", load.idle) + row("loaded", loaded);
    if (load.idle_after)
        text += row("idle after", *load.idle_after);
    const AddedDelay added = added_delay(load, loaded);
    text += row("added", added.round_trip, "");
    if (added.forward && added.backward)
        text += row("  forward", *added.forward, "") + row("  backward", *added.backward, "");
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
    Json times = times_object(added.round_trip);
    if (added.forward && added.backward)
        times.set("forward", times_object(*added.forward))
            .set("backward", times_object(*added.backward));
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
