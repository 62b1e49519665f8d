// Which metrics a measurement has: a row for each value, and the distributions.
#include "report/measurement_metrics.h"

#include <algorithm>
#include <array>
#include <optional>

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

Value seconds_since_1970(std::chrono::system_clock::time_point time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

// Which measurements have the value.
enum class Of : std::uint8_t { all, datagrams, streams };

// A measurement, with what several values are taken from.
struct Report {
    explicit Report(const MeasurementReport& report) : whole(report), numbers(report.numbers) {}

    const MeasurementReport& whole;
    const Measurement& numbers;
};

// One value of each server. Rows with one name that follow each other make up a family.
struct ValueRow {
    std::string_view name;
    MetricKind kind = MetricKind::counter;
    std::string_view unit;
    std::string_view help;
    Value (*value)(const Report&);
    Of of = Of::all;
    MetricLabel label{};  // beside those of the server
};

template <std::uint64_t Measurement::*count>
Value counted(const Report& report) {
    return static_cast<double>(report.numbers.*count);
}

// A value of one direction, or of both, if the peer timestamps datagrams.
template <class Get>
Value of_directions(const Report& report, const Get& get) {
    return report.numbers.directions ? get(*report.numbers.directions) : std::nullopt;
}

Value to_value(std::chrono::nanoseconds time) {
    return seconds(time);
}
template <class Number>
Value to_value(Number number) {
    return static_cast<double>(number);
}
template <class Number>
Value to_value(const std::optional<Number>& number) {
    return number ? to_value(*number) : std::nullopt;
}

template <auto stats::Directions::*member>
Value directions(const Report& report) {
    return of_directions(report, [](const auto& both) { return to_value(both.*member); });
}

template <auto stats::ReflectorReport::*member>
Value reflector(const Report& report) {
    return of_directions(report, [](const auto& both) { return to_value(both.reflector.*member); });
}

template <stats::Way stats::Directions::*way>
Value lost_one_way(const Report& report) {
    return of_directions(report, [](const auto& both) { return to_value((both.*way).lost); });
}

template <stats::Way stats::Directions::*way>
Value variation_one_way(const Report& report) {
    return of_directions(report,
                         [](const auto& both) { return seconds((both.*way).variation.value()); });
}

Value kernel(const Report& report, double value) {
    return report.numbers.kernel.connections > 0 ? Value(value) : std::nullopt;
}

Value least(const Report& report, const stats::Spread& spread) {
    return spread.count > 0 ? kernel(report, static_cast<double>(spread.min)) : std::nullopt;
}

Value most(const Report& report, const stats::Spread& spread) {
    return spread.count > 0 ? kernel(report, static_cast<double>(spread.max)) : std::nullopt;
}

constexpr auto counter = MetricKind::counter;
constexpr auto gauge = MetricKind::gauge;

constexpr std::array value_rows{
    ValueRow{"up", gauge, "", "Whether the latest message was answered in time.",
             [](const Report& r) -> Value { return r.numbers.outages.is_up() ? 1 : 0; }},
    ValueRow{
        "longest_outage_seconds", gauge, "seconds",
        "The longest time without an answer, including one that goes on.",
        [](const Report& r) { return seconds(r.numbers.outages.longest(r.numbers.duration)); }},
    ValueRow{"last_reply_timestamp_seconds", gauge, "seconds", "When the latest answer came.",
             [](const Report& r) {
                 const auto last = r.whole.last_reply();
                 return last ? seconds_since_1970(*last) : std::nullopt;
             }},
    ValueRow{"resolve_failures", counter, "", "Lookups of the server's name that failed.",
             counted<&Measurement::resolve_failures>},
    ValueRow{"run_seconds", gauge, "seconds", "How long it has been measured.",
             [](const Report& r) { return seconds(r.numbers.duration); }},
    ValueRow{"messages_sent", counter, "", "Messages sent.", counted<&Measurement::sent>},
    ValueRow{"messages_received", counter, "", "Echoes that arrived in time.",
             counted<&Measurement::received>},
    ValueRow{"messages_lost", counter, "", "Messages without an echo in time.",
             counted<&Measurement::lost>},
    ValueRow{"messages_pending", gauge, "", "Messages whose echo may still arrive in time.",
             counted<&Measurement::pending>},
    ValueRow{"messages_unsent", counter, "", "Messages that could not be sent.",
             counted<&Measurement::unsent>},
    ValueRow{"messages_mismatched", counter, "", "Echoes that differed from what was sent.",
             counted<&Measurement::mismatched>},
    ValueRow{"surplus_bytes", counter, "bytes", "Bytes received that answer nothing that was sent.",
             counted<&Measurement::surplus_bytes>, Of::streams},
    ValueRow{"messages_late", counter, "", "Echoes of messages already counted as lost.",
             counted<&Measurement::late>},
    ValueRow{"messages_duplicated", counter, "", "Echoes beyond the first.",
             counted<&Measurement::duplicated>, Of::datagrams},
    ValueRow{"messages_reordered", counter, "", "Echoes that arrived after a later one.",
             counted<&Measurement::reordered>, Of::datagrams},
    ValueRow{"messages_foreign", counter, "", "Echoes of messages that were never sent.",
             counted<&Measurement::foreign>, Of::datagrams},
    ValueRow{"messages_misdirected", counter, "",
             "Echoes from another address than the one that was asked.",
             counted<&Measurement::misdirected>, Of::datagrams},
    ValueRow{"lost",
             counter,
             "",
             "Lost messages, by where they were lost.",
             [](const Report& r) -> Value { return static_cast<double>(r.numbers.lost_on_path()); },
             Of::datagrams,
             {"where", "path"}},
    ValueRow{"lost",
             counter,
             "",
             "",
             [](const Report& r) -> Value {
                 return static_cast<double>(r.numbers.lost_in_own_buffer());
             },
             Of::datagrams,
             {"where", "own_buffer"}},
    ValueRow{"lost",
             counter,
             "",
             "",
             counted<&Measurement::undelivered>,
             Of::datagrams,
             {"where", "undelivered"}},
    ValueRow{"lost",
             counter,
             "",
             "",
             counted<&Measurement::spoiled>,
             Of::datagrams,
             {"where", "corrupted"}},
    ValueRow{"lost",
             counter,
             "",
             "",
             counted<&Measurement::misdirected>,
             Of::datagrams,
             {"where", "misdirected"}},
    ValueRow{"missed_slots", counter, "",
             "Sends that the client skipped because it was late itself.",
             counted<&Measurement::missed_slots>},
    ValueRow{"client_late", gauge, "",
             "Whether the lateness of the client itself is a large part of the times.",
             [](const Report& r) -> Value { return r.numbers.is_client_late() ? 1 : 0; }},
    ValueRow{"sent_bytes", counter, "bytes", "Payload sent.", counted<&Measurement::sent_bytes>},
    ValueRow{"received_bytes", counter, "bytes", "Payload received.",
             counted<&Measurement::received_bytes>},
    ValueRow{"received_per_second", gauge, "", "Echoes a second, over the whole run.",
             [](const Report& r) -> Value { return r.numbers.rate_per_s(); }},
    ValueRow{"jitter_seconds", gauge, "seconds", "Interarrival jitter (RFC 3550).",
             [](const Report& r) { return seconds(r.numbers.jitter.value()); }, Of::datagrams},
    ValueRow{"variation_seconds", gauge, "seconds",
             "Mean difference between consecutive round-trip times.",
             [](const Report& r) { return seconds(r.numbers.jitter.mean_variation()); },
             Of::datagrams},
    ValueRow{"own_stack_ratio", gauge, "ratio", "Its share of the time that a program observes.",
             [](const Report& r) { return r.numbers.own_share(); }, Of::datagrams},
    ValueRow{"delay_variation_seconds",
             gauge,
             "seconds",
             "Jitter (RFC 3550) of one direction.",
             variation_one_way<&stats::Directions::forward>,
             Of::datagrams,
             {"direction", "forward"}},
    ValueRow{"delay_variation_seconds",
             gauge,
             "",
             "",
             variation_one_way<&stats::Directions::backward>,
             Of::datagrams,
             {"direction", "backward"}},
    ValueRow{"direction_lost",
             counter,
             "",
             "Messages lost in one direction.",
             lost_one_way<&stats::Directions::forward>,
             Of::datagrams,
             {"direction", "forward"}},
    ValueRow{"direction_lost",
             counter,
             "",
             "",
             lost_one_way<&stats::Directions::backward>,
             Of::datagrams,
             {"direction", "backward"}},
    ValueRow{"clock_error_seconds", gauge, "seconds",
             "Bound on the error of one-way delays, by what both clocks report.",
             directions<&stats::Directions::clock_error>, Of::datagrams},
    ValueRow{"clocks_synchronized", gauge, "",
             "Whether both clocks are synchronized to an external source.",
             directions<&stats::Directions::synchronized>, Of::datagrams},
    ValueRow{"implausible", counter, "", "One-way delays that are impossible.",
             directions<&stats::Directions::implausible>, Of::datagrams},
    ValueRow{"replies_of_other_length", counter, "", "Replies unlike the packets sent in length.",
             [](const Report& r) {
                 return of_directions(
                     r, [](const auto& both) { return to_value(both.other_lengths.count); });
             },
             Of::datagrams},
    ValueRow{"dscp_there", gauge, "", "DSCP of the datagrams as they arrived at the reflector.",
             directions<&stats::Directions::dscp_there>, Of::datagrams},
    ValueRow{"ecn_there", gauge, "", "ECN of the datagrams as they arrived at the reflector.",
             directions<&stats::Directions::ecn_there>, Of::datagrams},
    ValueRow{"dscp_back", gauge, "", "DSCP of the replies as they arrived here.",
             directions<&stats::Directions::dscp_back>, Of::datagrams},
    ValueRow{"ecn_back", gauge, "", "ECN of the replies as they arrived here.",
             directions<&stats::Directions::ecn_back>, Of::datagrams},
    ValueRow{"reflector_received", gauge, "", "Packets of the session by the reflector's count.",
             reflector<&stats::ReflectorReport::received>, Of::datagrams},
    ValueRow{"reflector_sent", gauge, "", "Replies of the session by the reflector's count.",
             reflector<&stats::ReflectorReport::sent>, Of::datagrams},
    ValueRow{"unverified", counter, "", "Replies whose extensions are not authentic.",
             reflector<&stats::ReflectorReport::unverified>, Of::datagrams},
    ValueRow{"tcp_connections", counter, "", "Connections read by TCP_INFO.",
             [](const Report& r) {
                 return kernel(r, static_cast<double>(r.numbers.kernel.connections));
             },
             Of::streams},
    ValueRow{"tcp_retransmits", counter, "", "Segments that the kernel sent again.",
             [](const Report& r) {
                 return kernel(r, static_cast<double>(r.numbers.kernel.retransmits));
             },
             Of::streams},
    ValueRow{"tcp_min_rtt_seconds", gauge, "seconds", "The smallest round-trip time of the kernel.",
             [](const Report& r) { return seconds(r.numbers.kernel.min_rtt); }, Of::streams},
    ValueRow{"tcp_cwnd_segments",
             gauge,
             "segments",
             "Congestion windows of the connections.",
             [](const Report& r) { return least(r, r.numbers.kernel.congestion_window); },
             Of::streams,
             {"percentile", "0"}},
    ValueRow{"tcp_cwnd_segments",
             gauge,
             "",
             "",
             [](const Report& r) { return most(r, r.numbers.kernel.congestion_window); },
             Of::streams,
             {"percentile", "100"}},
    ValueRow{"tcp_cwnd_mean_segments", gauge, "segments", "Their mean.",
             [](const Report& r) { return kernel(r, r.numbers.kernel.congestion_window.mean()); },
             Of::streams},
    ValueRow{"tcp_delivery_rate_bytes_per_second",
             gauge,
             "",
             "Delivery rates of the connections.",
             [](const Report& r) { return least(r, r.numbers.kernel.delivery_rate); },
             Of::streams,
             {"percentile", "0"}},
    ValueRow{"tcp_delivery_rate_bytes_per_second",
             gauge,
             "",
             "",
             [](const Report& r) { return most(r, r.numbers.kernel.delivery_rate); },
             Of::streams,
             {"percentile", "100"}},
    ValueRow{"tcp_delivery_rate_mean_bytes_per_second", gauge, "", "Their mean.",
             [](const Report& r) { return kernel(r, r.numbers.kernel.delivery_rate.mean()); },
             Of::streams},
};

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

bool is_of(Of of, const MeasurementReport& report) {
    return of == Of::all || (of == Of::datagrams) == report.datagrams;
}

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
    std::array<MetricFamily, value_rows.size()> values;
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
    for (std::size_t i = 0; i < value_rows.size(); ++i)
        state.values[i] = state.family(value_rows[i].name, value_rows[i].kind, value_rows[i].unit,
                                       value_rows[i].help);
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
    const Report values(report);
    for (std::size_t i = 0; i < value_rows.size(); ++i)
        if (is_of(value_rows[i].of, report))
            if (const Value value = value_rows[i].value(values))
                add_sample(state.values[i], labels, value_rows[i].label, *value);
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
