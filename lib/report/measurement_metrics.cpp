// Which metrics a measurement has: its values, and the distributions.
#include "report/measurement_metrics.h"

#include <algorithm>
#include <array>
#include <optional>

#include "report/measurement_values.h"
#include "report/reflector.h"
#include "report/version.h"

namespace sockbox::report {
namespace {

using stats::Measurement;
using stats::Summary;
using Time = std::optional<std::chrono::nanoseconds>;
using Value = std::optional<double>;

Value seconds(const Time& time) {
    return time ? Value(static_cast<double>(time->count()) / 1e9) : std::nullopt;
}

// In seconds: of most times, and of the client's lateness, which should be far less.
const MetricBounds& fine() {
    static const MetricBounds bounds(std::array{1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3,
                                                5e-3, 1e-2, 2e-2, 5e-2, 0.1, 0.2, 0.5, 1.0, 2.0,
                                                5.0, 10.0});
    return bounds;
}

const MetricBounds& coarse() {
    static const MetricBounds bounds(std::array{1e-4, 1e-3, 1e-2, 0.1, 1.0});
    return bounds;
}

struct Distribution {
    const stats::Histogram* times = nullptr;  // null: there is none
    double sum_ns = 0;
};

struct DistributionRow {
    std::string_view name;
    std::string_view help;
    Distribution (*get)(const MeasurementReport&);
    const MetricBounds& (*bounds)();
    Of of = Of::all;
    MetricLabel label{};
};

template <stats::Series Measurement::*series>
Distribution distribution(const MeasurementReport& report) {
    const stats::Series& times = report.numbers.*series;
    return {&times.histogram(), times.sum_ns()};
}

template <stats::Way stats::Directions::*way>
Distribution delays(const MeasurementReport& report) {
    if (!report.numbers.directions)
        return {};
    const stats::Way& one = (*report.numbers.directions).*way;
    return {&one.delays, one.delay.sum_ns()};
}

constexpr std::array distribution_rows{
    DistributionRow{"round_trip_seconds", "Time from a message to its echo.",
                    distribution<&Measurement::rtt>, fine},
    DistributionRow{"connect_seconds", "Time to connect.", distribution<&Measurement::connect>,
                    fine, Of::streams},
    DistributionRow{"late_seconds", "How late the client sent, against its schedule.",
                    distribution<&Measurement::slip>, coarse},
    DistributionRow{"unread_seconds",
                    "How long replies waited in the receive buffer before the client read them.",
                    distribution<&Measurement::unread>, coarse},
    DistributionRow{"delay_seconds",
                    "One-way delay.",
                    delays<&stats::Directions::forward>,
                    fine,
                    Of::datagrams,
                    {"direction", "forward"}},
    DistributionRow{"delay_seconds",
                    "",
                    delays<&stats::Directions::backward>,
                    fine,
                    Of::datagrams,
                    {"direction", "backward"}},
};

// The summary of times, as its percentiles, mean and deviation: NAME_percentile_seconds,
// NAME_mean_seconds and NAME_deviation_seconds.
struct SummaryRow {
    std::string_view name;
    std::string_view help;
    Summary (*get)(const MeasurementReport&);
    Of of = Of::all;
    MetricLabel label{};
};

template <stats::Series Measurement::*series>
Summary summary(const MeasurementReport& report) {
    return (report.numbers.*series).summary();
}

template <class Get>
Summary spread(const MeasurementReport& report, const Get& get) {
    return report.numbers.directions ? get(*report.numbers.directions).summary() : Summary();
}

template <stats::Way stats::Directions::*way>
Summary delay(const MeasurementReport& report) {
    return spread(
        report, [](const auto& both) -> auto& { return (both.*way).delay; });
}

constexpr std::array summary_rows{
    SummaryRow{"round_trip", "Time from a message to its echo, over the whole run.",
               summary<&Measurement::rtt>},
    SummaryRow{"connect", "Time to connect, over the whole run.", summary<&Measurement::connect>,
               Of::streams},
    SummaryRow{"late", "How late the client sent, over the whole run.",
               summary<&Measurement::slip>},
    SummaryRow{"unread", "How long replies waited to be read, over the whole run.",
               summary<&Measurement::unread>},
    SummaryRow{"own_stack", "Time in this host's own stack, which the round-trip times leave out.",
               [](const MeasurementReport& r) { return r.numbers.own_time.summary(); },
               Of::datagrams},
    SummaryRow{"delay",
               "One-way delay, over the whole run.",
               delay<&stats::Directions::forward>,
               Of::datagrams,
               {"direction", "forward"}},
    SummaryRow{
        "delay", "", delay<&stats::Directions::backward>, Of::datagrams, {"direction", "backward"}},
    SummaryRow{"processing", "Time between arrival and departure at the reflector.",
               [](const MeasurementReport& r) {
                   return spread(
                       r, [](const auto& d) -> auto& { return d.processing; });
               },
               Of::datagrams},
    SummaryRow{"left_later", "How much later replies left than the times in them state.",
               [](const MeasurementReport& r) {
                   return spread(
                       r, [](const auto& d) -> auto& { return d.reflector.left_later; });
               },
               Of::datagrams},
};

// In percent. The label "quantile" would be for summaries, and these are gauges.
constexpr std::array<std::pair<std::string_view, Time Summary::*>, 6> percentiles{
    {{"0", &Summary::min},
     {"50", &Summary::p50},
     {"90", &Summary::p90},
     {"99", &Summary::p99},
     {"99.9", &Summary::p999},
     {"100", &Summary::max}}};

MetricHistogram to_histogram(const MetricLabels& labels, const MetricBounds& bounds,
                             const Distribution& distribution) {
    MetricHistogram histogram{labels, bounds, std::vector<std::uint64_t>(bounds.buckets()),
                              distribution.sum_ns / 1e9};
    for (const auto& [low, high, count] : distribution.times->buckets())
        histogram.counts[bounds.bucket_of(static_cast<double>(low.count()) / 1e9)] += count;
    return histogram;
}

struct Summarized {
    MetricFamily percentiles;
    MetricFamily mean;
    MetricFamily deviation;
};

void add_summary(const MetricLabels& labels, const Summary& summary, Summarized& into) {
    for (const auto& [percentile, time] : percentiles)
        if (const Value value = seconds(summary.*time))
            add_sample(into.percentiles, labels, {"percentile", percentile}, *value);
    if (const Value mean = seconds(summary.mean))
        add_sample(into.mean, labels, {}, *mean);
    if (const Value deviation = seconds(summary.deviation))
        add_sample(into.deviation, labels, {}, *deviation);
}

}  // namespace

struct MeasurementMetrics::State {
    std::string prefix;
    std::vector<MetricFamily> values;  // of value_rows()
    std::array<MetricFamily, distribution_rows.size()> distributions;
    std::array<Summarized, summary_rows.size()> summaries;
    MetricFamily target_info;
    MetricFamily reflector_info;
    MetricFamily errors;
    MetricFamily replies;
    MetricFamily port_losses;
    MetricFamily asserts;
    MetricFamily assert_values;

    MetricFamily family(std::string_view name, MetricKind kind, std::string_view unit,
                        std::string_view help) const {
        return {prefix + std::string(name), kind, unit, help, {}, {}};
    }
    MetricFamily times(const SummaryRow& row, std::string_view what) const {
        return family(std::string(row.name) + std::string(what), MetricKind::gauge, "seconds",
                      row.help);
    }
};

MeasurementMetrics::MeasurementMetrics(std::string_view tool) : state_(std::make_unique<State>()) {
    State& state = *state_;
    state.prefix = std::string(tool) + '_';
    for (const ValueRow& row : value_rows())
        state.values.push_back(state.family(row.name, row.kind, row.unit, row.help));
    for (std::size_t i = 0; i < distribution_rows.size(); ++i)
        state.distributions[i] = state.family(distribution_rows[i].name, MetricKind::histogram,
                                              "seconds", distribution_rows[i].help);
    for (std::size_t i = 0; i < summary_rows.size(); ++i)
        state.summaries[i] = {state.times(summary_rows[i], "_percentile_seconds"),
                              state.times(summary_rows[i], "_mean_seconds"),
                              state.times(summary_rows[i], "_deviation_seconds")};
    state.target_info = state.family("target", MetricKind::info, {}, "The address in use.");
    state.reflector_info = state.family("reflector", MetricKind::info, {},
                                        "What the reflector reports about itself and the path.");
    state.errors = state.family("errors", MetricKind::counter, {}, "Failures, by their reason.");
    state.replies = state.family("responder_replies", MetricKind::counter, {},
                                 "Replies by host, if several may answer.");
    state.port_losses =
        state.family("port_lost", MetricKind::counter, {}, "Losses of suspect source ports.");
    state.assert_values = state.family("assert_value", MetricKind::gauge, {},
                                       "What an assertion bounds, in its own unit.");
    state.asserts =
        state.family("assert_ok", MetricKind::gauge, {}, "Whether an assertion holds so far.");
}

MeasurementMetrics::MeasurementMetrics(MeasurementMetrics&&) noexcept = default;
MeasurementMetrics::~MeasurementMetrics() = default;

void MeasurementMetrics::add(const MeasurementReport& report) {
    State& state = *state_;
    MetricLabels labels{{"target", report.target}};
    for (const auto& [name, value] : report.labels)
        labels.add(name, value);
    const auto with = [&](const MetricLabel& label) {
        return label.first.empty() ? labels : labels.with(label.first, label.second);
    };
    std::size_t number = 0;
    for (const ValueRow& row : value_rows()) {
        MetricFamily& family = state.values[number++];
        if (is_of(row.of, report))
            if (const Value value = row.value(report))
                add_sample(family, labels, row.label, *value);
    }
    for (std::size_t i = 0; i < distribution_rows.size(); ++i) {
        const DistributionRow& row = distribution_rows[i];
        const Distribution found = row.get(report);
        const bool is_any = found.times != nullptr && (i == 0 || found.times->count() > 0);
        if (is_of(row.of, report) && is_any)
            add_sample(state.distributions[i], to_histogram(with(row.label), row.bounds(), found));
    }
    for (std::size_t i = 0; i < summary_rows.size(); ++i)
        if (is_of(summary_rows[i].of, report))
            add_summary(with(summary_rows[i].label), summary_rows[i].get(report),
                        state.summaries[i]);
    add_sample(state.target_info, labels, {"address", report.address}, 1);
    if (report.numbers.directions && report.numbers.directions->reflector.was_asked)
        add_sample(state.reflector_info,
                   with_reflector(labels, report.numbers.directions->reflector), {}, 1);
    for (const auto& [error, count] : report.errors)
        add_sample(state.errors, labels.with("phase", error.phase).with("symbol", error.symbol),
                   {"message", error.message}, static_cast<double>(count));
    for (const auto& [responder, count] : report.responders)
        add_sample(state.replies, labels, {"responder", responder}, static_cast<double>(count));
    for (const std::uint16_t port : stats::suspects(report.numbers.by_source_port))
        add_sample(state.port_losses, labels, {"port", std::to_string(port)},
                   static_cast<double>(report.numbers.by_source_port.at(port).lost));
    for (const Verdict& verdict : report.verdicts) {
        const MetricLabel expression{"expression", verdict.expression};
        add_sample(state.asserts, labels, expression, verdict.ok ? 1.0 : 0.0);
        if (verdict.value)
            add_sample(state.assert_values, labels, expression, *verdict.value);
    }
}

std::vector<MetricFamily> MeasurementMetrics::families() {
    std::vector<MetricFamily> families;
    const auto append = [&](MetricFamily& family) {
        if (family.samples.empty())
            return;
        if (families.empty() || families.back().name != family.name)
            return families.push_back(std::move(family));
        std::ranges::move(family.samples, std::back_inserter(families.back().samples));
    };
    MetricFamily build = state_->family("build", MetricKind::info, {}, "The version of sockbox.");
    add_sample(build, {}, {"version", version}, 1);
    append(build);
    append(state_->target_info);
    append(state_->reflector_info);
    for (MetricFamily& family : state_->values)
        append(family);
    for (MetricFamily& family : state_->distributions)
        append(family);
    // First all percentiles of a name, then its means: rows of one name follow each other.
    for (MetricFamily Summarized::*part :
         {&Summarized::percentiles, &Summarized::mean, &Summarized::deviation})
        for (Summarized& summarized : state_->summaries)
            append(summarized.*part);
    append(state_->errors);
    append(state_->replies);
    append(state_->port_losses);
    append(state_->asserts);
    append(state_->assert_values);
    return families;
}

}  // namespace sockbox::report
