// Formats one-way results as text and JSON.
#include "report/directions.h"

#include <fmt/format.h>

namespace sockbox::report {
namespace {

using Time = std::optional<std::chrono::nanoseconds>;

std::string milliseconds(const Time& time) {
    return time ? fmt::format("{:.3f}", static_cast<double>(time->count()) / 1e6) : "-";
}

Json nanoseconds(const Time& time) {
    return time ? Json(time->count()) : Json();
}

// The estimated error of an unsynchronized clock is many seconds.
std::string clock_error_text(std::chrono::nanoseconds error) {
    const double ms = static_cast<double>(error.count()) / 1e6;
    return ms < 1000 ? fmt::format("{:.3f} ms", ms) : fmt::format("{:.3g} s", ms / 1000);
}

std::string way_line(std::string_view name, const stats::Way& way) {
    const stats::Summary delay = way.delay.summary();
    return fmt::format("{}: {} lost, delay min/mean/max/stddev = {}/{}/{}/{} ms, variation {} ms\n",
                       name, way.lost ? std::to_string(*way.lost) : "an unknown number",
                       milliseconds(delay.min), milliseconds(delay.mean), milliseconds(delay.max),
                       milliseconds(delay.deviation), milliseconds(way.variation.value()));
}

std::string short_way(std::string_view name, const stats::Way& way) {
    const std::string lost = way.lost ? fmt::format("{} lost, ", *way.lost) : "";
    return fmt::format(", {} {}mean delay {} ms", name, lost,
                       milliseconds(way.delay.summary().mean));
}

Json spread_object(const stats::TimeSpread& spread) {
    const stats::Summary summary = spread.summary();
    return Json::object()
        .set("min_ns", nanoseconds(summary.min))
        .set("mean_ns", nanoseconds(summary.mean))
        .set("max_ns", nanoseconds(summary.max))
        .set("stddev_ns", nanoseconds(summary.deviation));
}

Json way_object(const stats::Way& way) {
    return Json::object()
        .set("lost", way.lost)
        .set("delay", spread_object(way.delay))
        .set("variation_ns", nanoseconds(way.variation.value()));
}

}  // namespace

std::string to_text(const stats::Directions& directions) {
    if (directions.forward.delay.count() == 0)
        return {};
    std::string text =
        way_line("forward", directions.forward) + way_line("backward", directions.backward);
    text += fmt::format("reflector: mean {} ms between arrival and sending\n",
                        milliseconds(directions.processing.summary().mean));
    text += fmt::format("clocks: {}; one-way delays may be wrong by {}\n",
                        directions.synchronized ? "both synchronized" : "NOT both synchronized",
                        clock_error_text(directions.clock_error));
    if (directions.implausible > 0)
        text += fmt::format(
            "warning: {} one-way delays are impossible: a clock was set, or is wrong by more than "
            "it reports\n",
            directions.implausible);
    if (directions.dscp_there)
        text += fmt::format("DSCP: arrived at the reflector as {}\n", *directions.dscp_there);
    return text;
}

std::string to_interim_text(const stats::Directions& directions) {
    if (directions.forward.delay.count() == 0)
        return {};
    return short_way("forward", directions.forward) + short_way("backward", directions.backward);
}

void add_directions(const stats::Directions& directions, Json& json) {
    json.set("forward", way_object(directions.forward))
        .set("backward", way_object(directions.backward))
        .set("processing", spread_object(directions.processing))
        .set("clock_error_ns", directions.clock_error.count())
        .set("clocks_synchronized", directions.synchronized)
        .set("implausible_delays", directions.implausible)
        .set("dscp_there",
             directions.dscp_there ? Json(static_cast<unsigned>(*directions.dscp_there)) : Json());
}

}  // namespace sockbox::report
