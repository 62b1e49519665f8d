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
std::string marks_to_text(std::optional<std::uint8_t> dscp, std::optional<std::uint8_t> ecn,
                          std::string_view where) {
    if (dscp.value_or(0) == 0 && ecn.value_or(0) == 0)
        return {};
    return fmt::format("DSCP: arrived {} as {}{}\n", where, dscp.value_or(0),
                       ecn.value_or(0) != 0 ? fmt::format(", with ECN {}", *ecn) : "");
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

std::string reflector_to_text(const stats::Directions& directions) {
    return marks_to_text(directions.dscp_there, directions.ecn_there, "at the reflector") +
           marks_to_text(directions.dscp_back, directions.ecn_back, "here") +
           to_text(directions.reflector);
}

}  // namespace sockbox::report
