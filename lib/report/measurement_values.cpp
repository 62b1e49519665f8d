// The values of a measurement that become metrics.
#include "report/measurement_values.h"

#include <array>

namespace sockbox::report {
namespace {

using stats::Measurement;
using Ecn = stats::EcnCounts;
using Value = std::optional<double>;

Value seconds(const std::optional<std::chrono::nanoseconds>& time) {
    return time ? Value(static_cast<double>(time->count()) / 1e9) : std::nullopt;
}

Value seconds_since_1970(std::chrono::system_clock::time_point time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

template <std::uint64_t Measurement::*count>
Value counted(const MeasurementReport& report) {
    return static_cast<double>(report.numbers.*count);
}

// A value of one direction, or of both, if the peer timestamps datagrams.
template <class Get>
Value of_directions(const MeasurementReport& report, const Get& get) {
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
Value directions(const MeasurementReport& report) {
    return of_directions(report, [](const auto& both) { return to_value(both.*member); });
}

template <auto stats::ReflectorReport::*member>
Value reflector(const MeasurementReport& report) {
    return of_directions(report, [](const auto& both) { return to_value(both.reflector.*member); });
}

template <stats::Way stats::Directions::*way>
Value lost_one_way(const MeasurementReport& report) {
    return of_directions(report, [](const auto& both) { return to_value((both.*way).lost); });
}

template <stats::Way stats::Directions::*way>
Value variation_one_way(const MeasurementReport& report) {
    return of_directions(report,
                         [](const auto& both) { return seconds((both.*way).variation.value()); });
}

Value kernel(const MeasurementReport& report, double value) {
    return report.numbers.kernel.connections > 0 ? Value(value) : std::nullopt;
}

Value least(const MeasurementReport& report, const stats::Spread& spread) {
    return spread.count > 0 ? kernel(report, static_cast<double>(spread.min)) : std::nullopt;
}

Value most(const MeasurementReport& report, const stats::Spread& spread) {
    return spread.count > 0 ? kernel(report, static_cast<double>(spread.max)) : std::nullopt;
}

template <stats::EcnCounts::Bits bits>
Value ecn_back(const MeasurementReport& report) {
    const stats::EcnCounts& counts = report.numbers.ecn_counts_back;
    return counts.total() > 0 ? to_value(counts.of[bits]) : std::nullopt;
}

template <stats::EcnCounts::Bits bits>
Value ecn_there(const MeasurementReport& report) {
    return of_directions(report, [](const auto& both) {
        const stats::EcnCounts& counts = both.ecn_counts_there;
        return counts.total() > 0 ? to_value(counts.of[bits]) : std::nullopt;
    });
}

constexpr auto counter = MetricKind::counter;
constexpr auto gauge = MetricKind::gauge;

constexpr std::array rows{
    ValueRow{"up", gauge, "", "Whether the latest message was answered in time.",
             [](const MeasurementReport& r) -> Value { return r.numbers.outages.is_up() ? 1 : 0; }},
    ValueRow{"longest_outage_seconds", gauge, "seconds",
             "The longest time without an answer, including one that goes on.",
             [](const MeasurementReport& r) {
                 return seconds(r.numbers.outages.longest(r.numbers.duration));
             }},
    ValueRow{"last_reply_timestamp_seconds", gauge, "seconds", "When the latest answer came.",
             [](const MeasurementReport& r) {
                 const auto last = r.last_reply();
                 return last ? seconds_since_1970(*last) : std::nullopt;
             }},
    ValueRow{"resolve_failures", counter, "", "Lookups of the server's name that failed.",
             counted<&Measurement::resolve_failures>},
    ValueRow{"run_seconds", gauge, "seconds", "How long it has been measured.",
             [](const MeasurementReport& r) { return seconds(r.numbers.duration); }},
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
             [](const MeasurementReport& r) -> Value {
                 return static_cast<double>(r.numbers.lost_on_path());
             },
             Of::datagrams,
             {"where", "path"}},
    ValueRow{"lost",
             counter,
             "",
             "",
             [](const MeasurementReport& r) -> Value {
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
    ValueRow{
        "client_late", gauge, "",
        "Whether the lateness of the client itself is a large part of the times.",
        [](const MeasurementReport& r) -> Value { return r.numbers.is_client_late() ? 1 : 0; }},
    ValueRow{"sent_bytes", counter, "bytes", "Payload sent.", counted<&Measurement::sent_bytes>},
    ValueRow{"received_bytes", counter, "bytes", "Payload received.",
             counted<&Measurement::received_bytes>},
    ValueRow{"received_per_second", gauge, "", "Echoes a second, over the whole run.",
             [](const MeasurementReport& r) -> Value { return r.numbers.rate_per_s(); }},
    ValueRow{"jitter_seconds", gauge, "seconds", "Interarrival jitter (RFC 3550).",
             [](const MeasurementReport& r) { return seconds(r.numbers.jitter.value()); },
             Of::datagrams},
    ValueRow{"variation_seconds", gauge, "seconds",
             "Mean difference between consecutive round-trip times.",
             [](const MeasurementReport& r) { return seconds(r.numbers.jitter.mean_variation()); },
             Of::datagrams},
    ValueRow{"own_stack_ratio", gauge, "ratio", "Its share of the time that a program observes.",
             [](const MeasurementReport& r) { return r.numbers.own_share(); }, Of::datagrams},
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
             [](const MeasurementReport& r) {
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
    ValueRow{"arrived_there",
             counter,
             "",
             "Datagrams by their ECN bits at the reflector.",
             ecn_there<Ecn::not_ect>,
             Of::datagrams,
             {"ecn", "not_ect"}},
    ValueRow{
        "arrived_there", counter, "", "", ecn_there<Ecn::ect1>, Of::datagrams, {"ecn", "ect1"}},
    ValueRow{
        "arrived_there", counter, "", "", ecn_there<Ecn::ect0>, Of::datagrams, {"ecn", "ect0"}},
    ValueRow{"arrived_there", counter, "", "", ecn_there<Ecn::ce>, Of::datagrams, {"ecn", "ce"}},
    ValueRow{"arrived_back",
             counter,
             "",
             "Replies by their ECN bits on arrival.",
             ecn_back<Ecn::not_ect>,
             Of::datagrams,
             {"ecn", "not_ect"}},
    ValueRow{"arrived_back", counter, "", "", ecn_back<Ecn::ect1>, Of::datagrams, {"ecn", "ect1"}},
    ValueRow{"arrived_back", counter, "", "", ecn_back<Ecn::ect0>, Of::datagrams, {"ecn", "ect0"}},
    ValueRow{"arrived_back", counter, "", "", ecn_back<Ecn::ce>, Of::datagrams, {"ecn", "ce"}},
    ValueRow{"reflector_received", gauge, "", "Packets of the session by the reflector's count.",
             reflector<&stats::ReflectorReport::received>, Of::datagrams},
    ValueRow{"reflector_sent", gauge, "", "Replies of the session by the reflector's count.",
             reflector<&stats::ReflectorReport::sent>, Of::datagrams},
    ValueRow{"unverified", counter, "", "Replies whose extensions are not authentic.",
             reflector<&stats::ReflectorReport::unverified>, Of::datagrams},
    ValueRow{"tcp_connections", counter, "", "Connections read by TCP_INFO.",
             [](const MeasurementReport& r) {
                 return kernel(r, static_cast<double>(r.numbers.kernel.connections));
             },
             Of::streams},
    ValueRow{"tcp_retransmits", counter, "", "Segments that the kernel sent again.",
             [](const MeasurementReport& r) {
                 return kernel(r, static_cast<double>(r.numbers.kernel.retransmits));
             },
             Of::streams},
    ValueRow{"tcp_min_rtt_seconds", gauge, "seconds", "The smallest round-trip time of the kernel.",
             [](const MeasurementReport& r) { return seconds(r.numbers.kernel.min_rtt); },
             Of::streams},
    ValueRow{
        "tcp_cwnd_segments",
        gauge,
        "segments",
        "Congestion windows of the connections.",
        [](const MeasurementReport& r) { return least(r, r.numbers.kernel.congestion_window); },
        Of::streams,
        {"percentile", "0"}},
    ValueRow{"tcp_cwnd_segments",
             gauge,
             "",
             "",
             [](const MeasurementReport& r) { return most(r, r.numbers.kernel.congestion_window); },
             Of::streams,
             {"percentile", "100"}},
    ValueRow{"tcp_cwnd_mean_segments", gauge, "segments", "Their mean.",
             [](const MeasurementReport& r) {
                 return kernel(r, r.numbers.kernel.congestion_window.mean());
             },
             Of::streams},
    ValueRow{"tcp_delivery_rate_bytes_per_second",
             gauge,
             "",
             "Delivery rates of the connections.",
             [](const MeasurementReport& r) { return least(r, r.numbers.kernel.delivery_rate); },
             Of::streams,
             {"percentile", "0"}},
    ValueRow{"tcp_delivery_rate_bytes_per_second",
             gauge,
             "",
             "",
             [](const MeasurementReport& r) { return most(r, r.numbers.kernel.delivery_rate); },
             Of::streams,
             {"percentile", "100"}},
    ValueRow{
        "tcp_delivery_rate_mean_bytes_per_second", gauge, "", "Their mean.",
        [](const MeasurementReport& r) { return kernel(r, r.numbers.kernel.delivery_rate.mean()); },
        Of::streams},
};

}  // namespace

std::span<const ValueRow> value_rows() {
    return rows;
}

}  // namespace sockbox::report
