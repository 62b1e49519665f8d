// Words for what a reflector reports.
#include "report/reflector.h"

#include <fmt/format.h>

#include <array>
#include <span>
#include <string_view>

#include "report/counted.h"

namespace sockbox::report {
namespace {

std::string name_in(std::span<const std::string_view> names, std::optional<std::uint8_t> number) {
    const std::uint8_t at = number.value_or(0);
    return at < names.size() ? std::string(names[at]) : std::to_string(at);
}

// Not if it is 0, which says nothing.
std::string dscp_to_text(std::optional<std::uint8_t> dscp, std::string_view where) {
    return dscp.value_or(0) == 0 ? "" : fmt::format("DSCP: arrived {} as {}\n", where, *dscp);
}

std::string to_text(const stats::EcnCounts& counts, std::string_view where) {
    constexpr std::array<std::string_view, 4> names{"Not-ECT", "ECT(1)", "ECT(0)", "CE"};
    std::string text;
    for (std::size_t bits = 0; bits < names.size(); ++bits)
        if (counts.of[bits] > 0)
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", counts.of[bits], names[bits]);
    return text.empty() ? "" : fmt::format("ECN: arrived {} as {}\n", where, text);
}

std::string to_text(const stats::ReflectorReport& report) {
    std::string text;
    if (!report.seen_from.empty())
        text += fmt::format("seen by the reflector from {}\n", report.seen_from);
    if (const std::string clock = clock_source_name(report.clock_source); !clock.empty())
        text += fmt::format("reflector's clock: {}\n", clock);
    if (report.received && report.sent && *report.received > 0)
        text += fmt::format("reflector's count: {} received, {} sent\n", *report.received,
                            *report.sent);
    if (report.unverified > 0)
        text += fmt::format("warning: the extensions of {} are not authentic\n",
                            counted(report.unverified, "reply", "replies"));
    return text;
}

}  // namespace

std::string clock_source_name(std::optional<std::uint8_t> number) {
    constexpr std::array<std::string_view, 6> names{"", "ntp", "ptp", "bits", "satellite", "local"};
    return name_in(names, number);
}

std::string timestamp_method_name(std::optional<std::uint8_t> number) {
    constexpr std::array<std::string_view, 4> names{"", "hardware", "software", "control"};
    return name_in(names, number);
}

MetricLabels with_reflector(const MetricLabels& labels, const stats::ReflectorReport& report) {
    return labels.with("seen_from", report.seen_from)
        .with("clock", clock_source_name(report.clock_source))
        .with("arrival_timestamps", timestamp_method_name(report.arrival_method))
        .with("departure_timestamps", timestamp_method_name(report.departure_method));
}

std::string ecn_to_text(const stats::Measurement& numbers) {
    if (!numbers.directions)
        return to_text(numbers.ecn_counts_back, "here");
    const stats::EcnCounts& there = numbers.directions->ecn_counts_there;
    if (there.total() == 0)
        return {};
    return to_text(there, "at the reflector") + to_text(numbers.ecn_counts_back, "here");
}

Json to_json(const stats::EcnCounts& counts) {
    if (counts.total() == 0)
        return {};
    return Json::object()
        .set("not_ect", counts.of[stats::EcnCounts::not_ect])
        .set("ect1", counts.of[stats::EcnCounts::ect1])
        .set("ect0", counts.of[stats::EcnCounts::ect0])
        .set("ce", counts.of[stats::EcnCounts::ce]);
}

std::string reflector_to_text(const stats::Directions& directions) {
    return dscp_to_text(directions.dscp_there, "at the reflector") +
           dscp_to_text(directions.dscp_back, "here") + to_text(directions.reflector);
}

}  // namespace sockbox::report
