// Measurements as counters and a histogram.
#include "report/measurement_metrics.h"

#include <algorithm>
#include <array>

namespace sockbox::report {
namespace {

using stats::Measurement;

struct Row {
    std::string_view name;
    std::uint64_t Measurement::*count;
    std::string_view help;
    std::string_view unit{};
    bool of_datagrams = false;
    MetricKind kind = MetricKind::counter;
};

constexpr std::array rows{
    Row{"messages_sent", &Measurement::sent, "Messages sent."},
    Row{"messages_received", &Measurement::received, "Echoes that arrived in time."},
    Row{"messages_lost", &Measurement::lost, "Messages without an echo in time."},
    Row{"messages_unsent", &Measurement::unsent, "Messages that could not be sent."},
    Row{"messages_mismatched", &Measurement::mismatched,
        "Echoes that differed from what was sent."},
    Row{"messages_late", &Measurement::late, "Echoes of messages already counted as lost."},
    Row{"messages_duplicated", &Measurement::duplicated, "Echoes beyond the first.", {}, true},
    Row{"messages_reordered",
        &Measurement::reordered,
        "Echoes that arrived after a later one.",
        {},
        true},
    Row{"messages_foreign",
        &Measurement::foreign,
        "Echoes of messages that were never sent.",
        {},
        true},
    Row{"missed_slots", &Measurement::missed_slots,
        "Sends that the client skipped because it was late itself."},
    Row{"sent_bytes", &Measurement::sent_bytes, "Payload sent.", "bytes"},
    Row{"received_bytes", &Measurement::received_bytes, "Payload received.", "bytes"},
    Row{"messages_pending",
        &Measurement::pending,
        "Messages whose echo may still arrive in time.",
        {},
        false,
        MetricKind::gauge},
};

// Seconds, from 10 us to 10 s.
constexpr std::array bounds{1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2,
                            2e-2, 5e-2, 0.1,  0.2,  0.5,  1.0,  2.0,  5.0,  10.0};

MetricHistogram distribution(const MeasurementReport& report) {
    MetricHistogram histogram{{{"target", report.target}},
                              bounds,
                              std::vector<std::uint64_t>(bounds.size() + 1),
                              report.numbers.rtt.sum_ns() / 1e9};
    for (const auto& bucket : report.numbers.rtt.histogram().buckets()) {
        const double seconds = static_cast<double>(bucket.low.count()) / 1e9;
        const auto* const at = std::ranges::lower_bound(bounds, seconds);
        histogram.counts[static_cast<std::size_t>(at - bounds.begin())] += bucket.count;
    }
    return histogram;
}

}  // namespace

std::vector<MetricFamily> to_metrics(std::span<const MeasurementReport> reports) {
    std::vector<MetricFamily> families;
    if (reports.empty())
        return families;
    const std::string prefix = reports.front().tool + "_";
    for (const Row& row : rows) {
        if (row.of_datagrams && !reports.front().datagrams)
            continue;
        MetricFamily family{prefix + std::string(row.name), row.kind, row.unit, row.help, {}, {}};
        for (const MeasurementReport& report : reports)
            family.values.push_back(
                {{{"target", report.target}}, static_cast<double>(report.numbers.*row.count)});
        families.push_back(std::move(family));
    }
    MetricFamily times{prefix + "round_trip_seconds",
                       MetricKind::histogram,
                       "seconds",
                       "Time from a message to its echo.",
                       {},
                       {}};
    for (const MeasurementReport& report : reports)
        times.histograms.push_back(distribution(report));
    families.push_back(std::move(times));
    return families;
}

}  // namespace sockbox::report
